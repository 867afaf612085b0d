import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PrintedFigure } from '../../src-shared/contract/bridge.ts';
import { closedWindow } from './print-report.ts';

const pixelsPerInch = 96;

/** The figure as a PDF of one page of its size: vectors, and text with its typeface. */
export async function printFigure({ svg, width, height }: PrintedFigure): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'coto-figure-'));
  const page = join(folder, 'figure.html');
  try {
    writeFileSync(page, pageOf(svg));
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

function pageOf(svg: string): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; font-src data:";
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><title>Figure</title><style>html,body{margin:0}svg{display:block}</style></head><body>${svg}</body></html>`;
}
