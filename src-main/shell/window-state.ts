import { readFileSync } from 'node:fs';
import type { BrowserWindow, Rectangle } from 'electron';
import { z } from 'zod';
import type { Log } from '../logging/log.ts';
import { replaceFile } from './replace-file.ts';

const stateSchema = z.object({
  bounds: z.object({ x: z.number().int(), y: z.number().int(), width: z.number().int(), height: z.number().int() }),
  maximized: z.boolean(),
});
export type WindowState = z.infer<typeof stateSchema>;

/** The last position of the window, if it is still on a screen; null on a first start or for an unreadable file. */
export function readWindowState(file: string, screens: readonly Rectangle[]): WindowState | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  const parsed = stateSchema.safeParse(parseJson(text));
  if (!parsed.success) return null;
  const { bounds } = parsed.data;
  const visible = screens.some(
    (screen) =>
      bounds.x + bounds.width > screen.x + 80 &&
      bounds.x < screen.x + screen.width - 80 &&
      bounds.y >= screen.y - 8 &&
      bounds.y < screen.y + screen.height - 40,
  );
  return visible ? parsed.data : null;
}

/** Saves the window's position to `file` on closing. */
export function rememberWindowState(window: BrowserWindow, file: string, log: Log): void {
  window.on('close', () => {
    const state: WindowState = { bounds: window.getNormalBounds(), maximized: window.isMaximized() };
    try {
      replaceFile(file, JSON.stringify(state), 0o666);
    } catch (error) {
      // Failing to save the position must not prevent the window from closing.
      log.warn({ err: error }, 'the position of the window was not saved');
    }
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
