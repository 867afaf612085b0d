import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';

export const jobs: Catalog['jobs'] = {
  ended: (title, status) => `${title} : ${status}.`,
  queued: (title) => `${title} : en attente`,
  starting: (title) => `${title} : démarrage`,
  done: (done, total, unit) =>
    `${formatCount(done)}${total === 0 || unit === '%' ? '' : ` sur ${formatCount(total)}`} ${unit}`,
  left: (duration) => `encore ${duration}`,
  cancel: 'Annuler',
  notCancelled: 'Le job n’a pas été annulé',
  progressOf: (title) => `Progression : ${title}`,
};
