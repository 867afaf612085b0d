import { basename, dirname, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BrowserWindow, session } from 'electron';
import { StudioError } from '../../src-shared/contract/errors.ts';

/** Until then a report that draws nothing is printed as it is. */
const mostSeconds = 20;

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
    width: 1180,
    height: 1600,
    webPreferences: {
      session: alone,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      backgroundThrottling: false,
    },
  });
  try {
    await window.loadURL(`${own.href}#print`);
    await drawn(window);
    return await window.webContents.printToPDF({
      printBackground: true,
      pageSize: 'A4',
      scale: 0.7,
      margins: { top: 0.4, bottom: 0.4, left: 0.4, right: 0.4 },
    });
  } finally {
    window.destroy();
  }
}

/** Waits until the script of the report has drawn its figures. */
async function drawn(window: BrowserWindow): Promise<void> {
  const isDrawn = "document.documentElement.dataset.drawn === 'true' || !document.querySelector('.plot')";
  for (let waited = 0; waited < mostSeconds * 10; waited++) {
    if (await window.webContents.executeJavaScript(isDrawn)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
