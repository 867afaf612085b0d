import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';

export const jobs: Catalog['jobs'] = {
  ended: (title, status) => `${title}：${status}。`,
  queued: (title) => `${title}：排队中`,
  starting: (title) => `${title}：正在启动`,
  done: (done, total, unit) =>
    `${formatCount(done)}${total === 0 || unit === '%' ? '' : ` / ${formatCount(total)}`} ${unit}`,
  left: (duration) => `剩余 ${duration}`,
  cancel: '取消',
  notCancelled: '作业未取消',
  progressOf: (title) => `${title} 的进度`,
};
