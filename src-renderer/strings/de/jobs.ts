import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';

export const jobs: Catalog['jobs'] = {
  ended: (title, status) => `${title}: ${status}.`,
  queued: (title) => `${title}: wartend`,
  starting: (title) => `${title}: startet`,
  done: (done, total, unit) =>
    `${formatCount(done)}${total === 0 || unit === '%' ? '' : ` von ${formatCount(total)}`} ${unit}`,
  left: (duration) => `noch ${duration}`,
  cancel: 'Abbrechen',
  notCancelled: 'Der Job wurde nicht abgebrochen',
  progressOf: (title) => `Fortschritt von ${title}`,
};
