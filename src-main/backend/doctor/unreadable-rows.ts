import type { DoctorCheck } from './check.ts';

export const unreadableRows: DoctorCheck = {
  id: 'unreadable-rows',
  label: 'Entries',
  run: ({ store }) =>
    store.findUnreadable().map(({ kind, id, reason }) => ({
      message: `The ${kind} ${id} cannot be read: ${reason}.`,
      hint: `coto doctor --delete ${id} deletes it with its files.`,
    })),
};
