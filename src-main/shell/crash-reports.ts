import { mkdirSync } from 'node:fs';
import { app, crashReporter } from 'electron';
import { entriesIn } from '../files/below.ts';
import { removeOldDumps } from '../files/crash-dumps.ts';
import type { Log } from '../logging/log.ts';

/**
 * Has Crashpad write a minidump into `folder` when a process of the app crashes, and removes old ones. Nothing is sent
 * anywhere. Must run before the app is ready. Crashpad follows links, so a folder that has one gets no reports.
 */
export function keepCrashReports(folder: string, log: Log): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const [link] = entriesIn(folder).links;
    if (link !== undefined) {
      log.warn({ link }, 'crash reports are not kept, since their folder has a link');
      return;
    }
    removeOldDumps(folder);
    app.setPath('crashDumps', folder);
    crashReporter.start({ uploadToServer: false });
  } catch (error) {
    // A full or read-only disk must not prevent the start.
    log.warn({ err: error }, 'crash reports are not kept');
  }
}
