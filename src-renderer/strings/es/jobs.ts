import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';

export const jobs: Catalog['jobs'] = {
  ended: (title, status) => `${title}: ${status}.`,
  queued: (title) => `${title}: en cola`,
  starting: (title) => `${title}: iniciando`,
  done: (done, total, unit) =>
    `${formatCount(done)}${total === 0 || unit === '%' ? '' : ` de ${formatCount(total)}`} ${unit}`,
  left: (duration) => `quedan ${duration}`,
  cancel: 'Cancelar',
  notCancelled: 'No se canceló el trabajo',
  progressOf: (title) => `Progreso de ${title}`,
};
