import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { app } from 'electron';
import { toErrorValue } from '../../src-shared/contract/errors.ts';
import { paperSizeSchema } from '../../src-shared/paper.ts';
import { printReport } from './print-report.ts';

/** Electron's part of `coto report --out report.pdf`: prints one page as PDF, and ends. Arguments: page, PDF, a folder of its own, paper. */
const [page, target, folder, paper] = process.argv.slice(-4);

function end(error: unknown): void {
  if (error !== null) process.stderr.write(`${toErrorValue(error).message}\n`);
  app.exit(error === null ? 0 : 1);
}

async function print(): Promise<void> {
  if (page === undefined || target === undefined) throw new Error('There is no page to print.');
  await app.whenReady();
  writeFileSync(resolve(target), await printReport(resolve(page), paperSizeSchema.safeParse(paper).data));
}

// Nothing of the window's own is read or written.
if (folder !== undefined) app.setPath('userData', folder);
app.on('window-all-closed', () => undefined);
print().then(() => end(null), end);
