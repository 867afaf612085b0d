import { writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { app } from 'electron';
import { toErrorValue } from '../../src-shared/contract/errors.ts';
import {
  type DrawnFigure,
  drawnFigureSchema,
  type FigureFormat,
  figureFormatSchema,
} from '../../src-shared/figures/figure-files.ts';
import { paperSizeSchema } from '../../src-shared/paper.ts';
import { closedWindow, printFigure, printReport } from './print-report.ts';

/**
 * Electron's part of `coto report --out report.pdf` and `coto study --figures`: prints one page as PDF, or writes the figures of
 * one, and ends. Arguments: "report" or "figures"; the page; the PDF or the figures' folder; a folder of its own; the paper or the
 * figures' formats.
 */
const [what, page, target, folder, how] = process.argv.slice(-5);

function end(error: unknown): void {
  if (error !== null) process.stderr.write(`${toErrorValue(error).message}\n`);
  app.exit(error === null ? 0 : 1);
}

async function print(): Promise<void> {
  if (page === undefined || target === undefined) throw new Error('There is no page to print.');
  await app.whenReady();
  if (what === 'figures')
    await writeFigures(resolve(page), resolve(target), figureFormatSchema.array().parse(how?.split(',')));
  else writeFileSync(resolve(target), await printReport(resolve(page), paperSizeSchema.safeParse(how).data));
}

/** Has the page of `coto study --figures` draw its figures in a hidden window, and writes them as figure-1.svg and so on. */
async function writeFigures(page: string, folder: string, formats: readonly FigureFormat[]): Promise<void> {
  const { window, address } = closedWindow(page, { width: 1000, height: 800 });
  try {
    await window.loadURL(address);
    const call = `drawFigures(JSON.parse(document.getElementById('figure-data').textContent), ${JSON.stringify(formats)})`;
    const figures = drawnFigureSchema.array().parse(await window.webContents.executeJavaScript(call));
    for (const [at, figure] of figures.entries())
      for (const format of formats)
        await writeFile(join(folder, `figure-${at + 1}.${format}`), await contentOf(figure, format));
  } finally {
    window.destroy();
  }
}

async function contentOf({ width, height, files }: DrawnFigure, format: FigureFormat): Promise<string | Buffer> {
  const content = files[format] ?? '';
  if (format === 'pdf') return printFigure({ svg: content, width, height });
  return format === 'png' ? Buffer.from(content.slice(content.indexOf(',') + 1), 'base64') : content;
}

// Nothing of the window's own is read or written.
if (folder !== undefined) app.setPath('userData', folder);
app.on('window-all-closed', () => undefined);
print().then(() => end(null), end);
