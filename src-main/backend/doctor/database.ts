import { rmSync } from 'node:fs';
import { temporaryName } from '../../files/atomic.ts';
import { freeDiskBytes } from '../../files/free-disk.ts';
import { sizeOf } from '../../store/backups.ts';
import { checkInWorker } from '../../store/check-in-worker.ts';
import type { DoctorCheck } from './check.ts';

/** Every page and row of the database, of a copy and in a thread: the studio goes on. */
export const database: DoctorCheck = {
  id: 'database',
  label: 'Database',
  async run({ home, store }) {
    if ((await freeDiskBytes(home.path)) < 2 * sizeOf(home.database))
      return [
        { message: 'It was not read: the disk has no space for a copy.', hint: 'Free some space, then try again.' },
      ];
    const copy = temporaryName(home.database);
    try {
      await store.copyTo(copy);
      return (await checkInWorker(copy)).map((message) => ({
        message: `studio.sqlite is damaged: ${message}.`,
        hint: 'coto doctor --restore puts the newest whole backup in its place.',
      }));
    } finally {
      rmSync(copy, { force: true });
    }
  },
};
