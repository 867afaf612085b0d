import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { printPdf, requirePrinter, writeFigures } from '../../src-main/cli/printer.ts';
import { temporaryFolder } from './run-command.ts';

const folder = temporaryFolder();
const printer = join(folder, 'printer');
mkdirSync(printer);
const page = join(folder, 'report.html');

/** A program in the place of Electron. */
function program(name: string, script: string): NodeJS.ProcessEnv {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o700);
  return { PATH: process.env['PATH'], DISPLAY: ':0', COTO_ELECTRON: path };
}

it('has Electron print the page, and puts the PDF in its place once it is whole', async () => {
  // The last four arguments: page, PDF, a folder of its own, paper.
  const environment = program(
    'prints',
    'while [ $# -gt 4 ]; do echo "$1" >> "$0.said"; shift; done; printf "%s" "%PDF of $1 on $4" > "$2"',
  );
  const target = join(folder, 'report.pdf');
  await printPdf(page, target, environment, 'letter', printer);
  expect(readFileSync(target, 'utf8')).toBe(`%PDF of ${page} on letter`);
  expect(readFileSync(join(folder, 'prints.said'), 'utf8')).toContain(printer);
  expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
});

it('leaves nothing where Electron fails, and says its words', async () => {
  const environment = program(
    'fails',
    'while [ $# -gt 4 ]; do shift; done; printf half > "$2"; echo "no paper" >&2; exit 3',
  );
  const target = join(folder, 'none.pdf');
  await expect(printPdf(page, target, environment, null, printer)).rejects.toMatchObject({
    code: 'refused',
    message: 'PDFs and figures are made by Electron, which did not do so: no paper.',
    hint: expect.stringContaining('.html'),
  });
  expect(existsSync(target)).toBe(false);
  expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
});

it('says in one sentence where there is no Electron, or no screen', async () => {
  expect(() => requirePrinter({ COTO_ELECTRON: join(folder, 'nothing') }, printer)).toThrow(/there is none here/);
  if (process.platform !== 'linux') return;
  const environment = { ...program('waits', 'exit 0'), DISPLAY: '', PATH: folder };
  await expect(printPdf(page, join(folder, 'x.pdf'), environment, null, printer)).rejects.toThrow(
    /there is no screen \(DISPLAY\), and no Xvfb/,
  );
});

it('leaves no figure where one of them is missing', async () => {
  const environment = program('half', 'while [ $# -gt 4 ]; do shift; done; printf 1 > "$2/figure-1.svg"');
  const out = join(folder, 'figures');
  mkdirSync(join(folder, 'report'));
  for (const name of ['plotly.min.js', 'figures.min.js']) writeFileSync(join(folder, 'report', name), '');
  const figure = { data: [], layout: {}, caption: '' };
  await expect(writeFigures([figure, figure], ['svg'], out, environment, printer)).rejects.toThrow(/figure-2\.svg/);
  expect(readdirSync(out)).toEqual([]);
});
