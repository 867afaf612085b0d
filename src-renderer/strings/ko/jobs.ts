import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';

export const jobs: Catalog['jobs'] = {
  ended: (title, status) => `${title}: ${status}.`,
  queued: (title) => `${title}: 대기 중`,
  starting: (title) => `${title}: 시작 중`,
  done: (done, total, unit) =>
    `${formatCount(done)}${total === 0 || unit === '%' ? '' : ` / ${formatCount(total)}`} ${unit}`,
  left: (duration) => `${duration} 남음`,
  cancel: '취소',
  notCancelled: '작업이 취소되지 않았습니다',
  progressOf: (title) => `${title} 진행률`,
};
