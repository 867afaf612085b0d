import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { freeDiskBytes } from '../../files/free-disk.ts';
import type { DoctorCheck } from './check.ts';

/** A checkpoint of a large model, and the database's copy of the day. */
const fewBytes = 2 ** 30;

export const diskSpace: DoctorCheck = {
  id: 'disk-space',
  label: 'Disk space',
  async run({ home }) {
    const freeBytes = await freeDiskBytes(home.path);
    if (freeBytes >= fewBytes) return [];
    return [
      {
        message: `${formatBytes(freeBytes)} are free on the disk of the home.`,
        hint: 'Remove runs that you no longer need, or move the home to another disk: coto home move.',
      },
    ];
  },
};
