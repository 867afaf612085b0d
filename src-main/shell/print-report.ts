import { basename, dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BrowserWindow, session } from 'electron';
import { StudioError } from '../../src-shared/contract/errors.ts';

/** Until then a report that draws nothing is printed as it is. */
const maxSeconds = 20;

/**
 * The page of a report below the folder of reports: the window names it, and may have no other file printed.
 * @throws StudioError refused
 */
export function reportPage(reports: string, path: string): string {
  const page = resolve(path);
  const isReport = dirname(dirname(page)) === resolve(reports) && extname(page) === '.html';
  if (!isReport) throw new StudioError('refused', `${basename(page)} is not a report of the studio.`);
  return page;
}

/** The sheet in inches, and how much smaller than on a screen the page is printed. */
const paper = { width: 8.27, height: 11.69, margin: 0.4, scale: 0.7 };
/** Width of the printed area in the page's own pixels: the window is as wide, so that figures are drawn to fit. */
const paperPixels = Math.floor(((paper.width - 2 * paper.margin) * 96) / paper.scale);

/** The page as PDF, printed by a hidden window that can load this one file and nothing else. */
export async function printReport(page: string): Promise<Buffer> {
  const own = pathToFileURL(page);
  const alone = session.fromPartition('report-printer', { cache: false });
  alone.setPermissionRequestHandler((_contents, _permission, grant) => grant(false));
  alone.setSpellCheckerLanguages([]);
  alone.webRequest.onBeforeRequest(({ url }, answer) =>
    answer({ cancel: !(url.startsWith(own.href) || url.startsWith('data:') || url.startsWith('blob:')) }),
  );
  const window = new BrowserWindow({
    show: false,
    width: paperPixels,
    height: 1600,
    useContentSize: true,
    frame: false,
    webPreferences: {
      session: alone,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      backgroundThrottling: false,
    },
  });
  try {
    // The page lays itself out as printed, and measures its tables and figures there. Tools need a page to attach to.
    await window.loadURL('about:blank');
    const { debugger: tools } = window.webContents;
    tools.attach();
    await tools.sendCommand('Emulation.setEmulatedMedia', { media: 'print' });
    await tools.sendCommand('Emulation.setScrollbarsHidden', { hidden: true });
    await window.loadURL(`${own.href}#print`);
    await drawn(window);
    const { width, height, margin, scale } = paper;
    return await window.webContents.printToPDF({
      printBackground: true,
      pageSize: { width, height },
      scale,
      margins: { top: margin, bottom: margin, left: margin, right: margin },
    });
  } finally {
    window.destroy();
  }
}

/** Waits until the script of the report has drawn its figures. */
async function drawn(window: BrowserWindow): Promise<void> {
  const isDrawn = "document.documentElement.dataset.drawn === 'true' || !document.querySelector('.plot')";
  for (let waited = 0; waited < maxSeconds * 10; waited++) {
    if (await window.webContents.executeJavaScript(isDrawn)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
