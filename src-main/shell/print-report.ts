import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { app, BrowserWindow, session } from 'electron';
import type { PrintedFigure } from '../../src-shared/contract/bridge.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { type PaperSize, paperSizes, usualPaper } from '../../src-shared/paper.ts';
import { linkBelow } from '../files/below.ts';

/** Until then a report that draws nothing is printed as it is. */
const maxSeconds = 20;

/**
 * The page of a report below the folder of reports: the window names it, and may have no other file printed.
 * @throws StudioError refused
 */
export function reportPage(reports: string, path: string): string {
  const page = resolve(path);
  const isReport = dirname(dirname(page)) === resolve(reports) && extname(page) === '.html';
  // A home from elsewhere may have a link in place of a report.
  if (!isReport || linkBelow(resolve(reports), page) !== null)
    throw new StudioError('refused', `${basename(page)} is not a report of the studio.`);
  return page;
}

/** Margins in inches, with room for the running head and foot, and the scale of the printed page. */
const margins = { top: 0.6, bottom: 0.6, left: 0.4, right: 0.4 };
const scale = 0.7;
const runningStyle = 'width: 100%; margin: 0 0.4in; font: 8px sans-serif; color: #444444; display: flex;';

/** The running head has the report's title, the foot the date and the page. Chromium fills in these classes, escaped. */
const runningHead = `<div style="${runningStyle}"><span class="title"></span></div>`;
const runningFoot = `<div style="${runningStyle} justify-content: space-between;"><span>CoTo Studio, <span class="date"></span></span><span><span class="pageNumber"></span> / <span class="totalPages"></span></span></div>`;

/**
 * The page as tagged PDF with an outline, printed by a hidden window that can load this one file and nothing else.
 * @param size the usual size of the system's country by default
 */
export async function printReport(
  page: string,
  size: PaperSize = usualPaper(app.getLocaleCountryCode()),
): Promise<Buffer> {
  const { width, height } = paperSizes[size];
  // The window is as wide as the printed area in the page's own pixels, so that figures are drawn to fit.
  const pixels = Math.floor(((width - margins.left - margins.right) * 96) / scale);
  const { window, address } = closedWindow(page, { width: pixels, height: 1600 });
  try {
    // The page lays itself out as printed, and measures its tables and figures there. Tools need a page to attach to.
    await window.loadURL('about:blank');
    const { debugger: tools } = window.webContents;
    tools.attach();
    await tools.sendCommand('Emulation.setEmulatedMedia', { media: 'print' });
    await tools.sendCommand('Emulation.setScrollbarsHidden', { hidden: true });
    await window.loadURL(`${address}#print`);
    await drawn(window);
    return await window.webContents.printToPDF({
      printBackground: true,
      pageSize: { width, height },
      scale,
      margins,
      displayHeaderFooter: true,
      headerTemplate: runningHead,
      footerTemplate: runningFoot,
      generateTaggedPDF: true,
      generateDocumentOutline: true,
    });
  } finally {
    window.destroy();
  }
}

interface WindowOptions {
  readonly width: number;
  readonly height: number;
  readonly javascript?: boolean;
}

/** A hidden window that can load this one file and nothing else. */
export function closedWindow(
  page: string,
  { width, height, javascript = true }: WindowOptions,
): { readonly window: BrowserWindow; readonly address: string } {
  const own = pathToFileURL(page);
  const alone = session.fromPartition('report-printer', { cache: false });
  alone.setPermissionRequestHandler((_contents, _permission, grant) => grant(false));
  alone.setSpellCheckerLanguages([]);
  alone.webRequest.onBeforeRequest(({ url }, answer) =>
    answer({ cancel: !(url.startsWith(own.href) || url.startsWith('data:') || url.startsWith('blob:')) }),
  );
  const window = new BrowserWindow({
    show: false,
    width,
    height,
    useContentSize: true,
    frame: false,
    webPreferences: {
      session: alone,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      backgroundThrottling: false,
      javascript,
    },
  });
  return { window, address: own.href };
}

/** Waits until the script of the report has drawn its figures. */
async function drawn(window: BrowserWindow): Promise<void> {
  const isDrawn = "document.documentElement.dataset.drawn === 'true' || !document.querySelector('.plot')";
  for (let waited = 0; waited < maxSeconds * 10; waited++) {
    if (await window.webContents.executeJavaScript(isDrawn)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const pixelsPerInch = 96;

/** The figure as a PDF of one page of its size: vectors, and text with its typeface. */
export async function printFigure({ svg, width, height }: PrintedFigure): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'coto-figure-'));
  const page = join(folder, 'figure.html');
  try {
    writeFileSync(page, figurePage(svg));
    const { window, address } = closedWindow(page, { width, height, javascript: false });
    try {
      await window.loadURL(address);
      return await window.webContents.printToPDF({
        printBackground: true,
        // A little more than the figure, so that rounding makes no second page.
        pageSize: { width: width / pixelsPerInch, height: (height + 1) / pixelsPerInch },
        margins: { top: 0, bottom: 0, left: 0, right: 0 },
      });
    } finally {
      window.destroy();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A page with one figure and no script. */
function figurePage(svg: string): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; font-src data:";
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><title>Figure</title><style>html,body{margin:0}svg{display:block}</style></head><body>${svg}</body></html>`;
}
