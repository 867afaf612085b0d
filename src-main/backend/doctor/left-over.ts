import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { listOrphans } from '../recovery/orphans.ts';
import type { DoctorCheck } from './check.ts';

export const leftOver: DoctorCheck = {
  id: 'left-over',
  label: 'Files left over',
  run: async (services) =>
    (await listOrphans(services)).map(({ kind, path, bytes }) => ({
      message: `${path} (${formatBytes(bytes)}) is no ${kind} that the studio knows.`,
      hint: `coto doctor --delete ${path} deletes it, --repair all of these.`,
    })),
};
