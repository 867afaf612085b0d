import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type { Figure } from '../../src-shared/figures/figure.ts';
import type { FigureFormat } from '../../src-shared/figures/figure-files.ts';
import type { PaperSize } from '../../src-shared/paper.ts';
import { besideArchive } from '../archive/beside-archive.ts';

/** Electron's start and the drawing of a long report. */
const maxSeconds = 120;
/** Electron's part, a folder beside the built command. */
const builtPrinter = fileURLToPath(new URL('../printer', import.meta.url));

/**
 * Prints a page as PDF by Electron, whole or not at all.
 * @param paper the usual size of the system's country by default
 * @throws StudioError refused where there is no Electron, or no screen for it; its own words where it fails
 */
export async function printPdf(
  page: string,
  target: string,
  environment: NodeJS.ProcessEnv,
  paper: PaperSize | null = null,
  printer = builtPrinter,
): Promise<void> {
  const unfinished = join(dirname(target), `.${basename(target)}.${process.pid}.partial`);
  try {
    await runPrinter(['report', page, unfinished, paper ?? 'usual'], environment, printer);
    renameSync(unfinished, target);
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/**
 * Has Electron draw figures as the window does, and writes them as figure-1.svg, figure-2.svg and so on; all or none.
 * @returns the names of the files
 * @throws StudioError like `printPdf`
 */
export async function writeFigures(
  figures: readonly Figure[],
  formats: readonly FigureFormat[],
  folder: string,
  environment: NodeJS.ProcessEnv,
  printer = builtPrinter,
): Promise<string[]> {
  requirePrinter(environment, printer);
  const unfinished = join(folder, `.figures.${process.pid}.partial`);
  mkdirSync(unfinished, { recursive: true });
  try {
    const page = join(unfinished, 'figures.html');
    writeFileSync(page, figuresPage(figures, besideArchive(join(dirname(printer), 'report'))));
    await runPrinter(['figures', page, unfinished, formats.join(',')], environment, printer);
    const names = figures.flatMap((_figure, at) => formats.map((format) => `figure-${at + 1}.${format}`));
    const missing = names.find((name) => !existsSync(join(unfinished, name)));
    if (missing !== undefined) throw noPrinter(`${missing} was not written`);
    for (const name of names) renameSync(join(unfinished, name), join(folder, name));
    return names;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** A page with the figures as JSON and the two built scripts that draw them. */
function figuresPage(figures: readonly Figure[], folder: string): string {
  const scripts = ['plotly.min.js', 'figures.min.js'].map((name) => {
    const script = readFileSync(join(folder, name), 'utf8');
    return `<script>${script.replaceAll('</script', '<\\/script')}</script>`;
  });
  const data = JSON.stringify(figures).replaceAll('<', '\\u003c');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Figures</title>${scripts.join('')}<script type="application/json" id="figure-data">${data}</script></head><body></body></html>`;
}

/** Starts Electron's part with a folder of its own, on a screen of its own where there is none. */
async function runPrinter(
  [what, page, target, how]: readonly [what: 'report' | 'figures', page: string, target: string, how: string],
  environment: NodeJS.ProcessEnv,
  printer: string,
): Promise<void> {
  const electron = requirePrinter(environment, printer);
  const folder = mkdtempSync(join(tmpdir(), 'coto-print-'));
  const screen = needsScreen(environment) ? await startVirtualScreen(environment) : null;
  try {
    if (screen === null && needsScreen(environment)) throw noPrinter('there is no screen (DISPLAY), and no Xvfb');
    const args = [...flags(), printer, what, page, target, join(folder, 'window'), how];
    await run(electron, args, screen === null ? environment : { ...environment, DISPLAY: screen.display });
  } finally {
    screen?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function needsScreen({ DISPLAY, WAYLAND_DISPLAY }: NodeJS.ProcessEnv): boolean {
  return process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY;
}

/** Path of the Electron that prints. @throws StudioError refused where there is none, before anything is written */
export function requirePrinter(environment: NodeJS.ProcessEnv, printer = builtPrinter): string {
  const electron = findElectron(environment);
  if (electron === null || !existsSync(printer)) throw noPrinter('there is none here');
  return electron;
}

/** COTO_ELECTRON, which `npm run coto` sets; else the one of the package. */
function findElectron({ COTO_ELECTRON: given }: NodeJS.ProcessEnv): string | null {
  if (given) return existsSync(given) ? given : null;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
    const binary = join(folder, 'dist', readFileSync(join(folder, 'path.txt'), 'utf8'));
    return existsSync(binary) ? binary : null;
  } catch {
    return null;
  }
}

/** Chromium's sandbox refuses to run as root. */
function flags(): string[] {
  if (process.platform !== 'linux') return [];
  return ['--log-level=3', '--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
}

function run(electron: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(electron, args, {
      // An Electron that is told to be a Node would print nothing.
      env: { ...environment, ELECTRON_RUN_AS_NODE: undefined },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: maxSeconds * 1000,
    });
    let words = '';
    child.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString('utf8')).slice(-2000);
    });
    child.on('error', (error) => reject(noPrinter(error.message)));
    child.on('close', (code) => {
      if (code === 0) return resolve();
      reject(noPrinter(words.trim().split('\n').at(-1) || `it ended with ${code ?? 'a signal'}`));
    });
  });
}

function noPrinter(reason: string): StudioError {
  return new StudioError(
    'refused',
    `PDFs and figures are made by Electron, which did not do so: ${reason}.`,
    'Export the report or the figures in the window, or write the report as .html and print that in a browser.',
  );
}

/** A screen of its own for a program that shows nothing; it ends with `stop`. */
interface VirtualScreen {
  readonly display: string;
  stop(): void;
}

/** Starts Xvfb on a free display; null where there is none, or it does not start. */
function startVirtualScreen(environment: NodeJS.ProcessEnv): Promise<VirtualScreen | null> {
  return new Promise((resolve) => {
    const server = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
      env: environment,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    server.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (said.endsWith('\n')) resolve({ display: `:${said.trim()}`, stop: () => void server.kill() });
    });
    server.on('error', () => resolve(null));
    server.on('exit', () => resolve(null));
  });
}
