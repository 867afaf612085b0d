import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';

export const jobs: Catalog['jobs'] = {
  ended: (title, status) => `${title}：${status}。`,
  queued: (title) => `${title}：待機中`,
  starting: (title) => `${title}：開始中`,
  done: (done, total, unit) =>
    `${formatCount(done)}${total === 0 || unit === '%' ? '' : ` / ${formatCount(total)}`} ${unit}`,
  left: (duration) => `残り ${duration}`,
  cancel: '中止',
  notCancelled: 'ジョブは中止されませんでした',
  progressOf: (title) => `${title}の進捗`,
};
