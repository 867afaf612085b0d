import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';

export const jobs: Catalog['jobs'] = {
  ended: (title, status) => `${title}: ${status}.`,
  queued: (title) => `${title}: na fila`,
  starting: (title) => `${title}: iniciando`,
  done: (done, total, unit) =>
    `${formatCount(done)}${total === 0 || unit === '%' ? '' : ` de ${formatCount(total)}`} ${unit}`,
  left: (duration) => `restam ${duration}`,
  cancel: 'Cancelar',
  notCancelled: 'O job não foi cancelado',
  progressOf: (title) => `Progresso de ${title}`,
};
