import { rmSync } from 'node:fs';
import { freeDiskBytes } from '../../files/free-disk.ts';
import { isBackupDue, keepBackup, newTemporary, sizeOf } from '../../store/backups.ts';
import { damaged } from '../../store/check-database.ts';
import { checkInWorker } from '../../store/check-in-worker.ts';
import type { Services } from '../services/services.ts';

type Parts = Pick<Services, 'home' | 'store' | 'hub' | 'log'>;

const hourMilliseconds = 60 * 60 * 1000;

/**
 * Copies the database once a day while the studio is open, and reads the copy in full: only one that is whole is kept, so that a
 * damaged database takes no good backup's place, and is said to be damaged.
 */
export class DailyBackup {
  private readonly parts: Parts;
  private readonly timer: NodeJS.Timeout;
  private current: Promise<void> | null = null;

  constructor(parts: Parts) {
    this.parts = parts;
    this.timer = setInterval(() => this.begin(), hourMilliseconds).unref();
    // A new home has nothing to lose yet.
    if (parts.home.hasWork) this.begin();
  }

  /** Waits for the backup that is being made. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.current;
  }

  private begin(): void {
    if (this.current !== null || !isBackupDue(this.parts.home.backups)) return;
    this.current = this.backUp()
      .catch((error: unknown) => this.parts.log.warn({ err: error }, 'the database could not be backed up'))
      .finally(() => {
        this.current = null;
      });
  }

  private async backUp(): Promise<void> {
    const { home, store, hub, log } = this.parts;
    home.requirePresent();
    if ((await freeDiskBytes(home.path)) < 2 * sizeOf(home.database)) {
      log.warn('the disk has no space for a backup of the database');
      return;
    }
    const temporary = newTemporary(home.backups);
    try {
      await store.copyTo(temporary);
      const problems = await checkInWorker(temporary);
      if (problems.length === 0) {
        log.info({ path: keepBackup(temporary, home.backups, 'daily') }, 'the database was backed up');
        return;
      }
      const error = damaged(home.database, problems);
      log.error({ err: error }, 'the database is damaged');
      hub.notify({ level: 'failure', title: 'The database is damaged', message: error.message, error });
    } finally {
      rmSync(temporary, { force: true });
    }
  }
}
