import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { jobsOf } from './counts.ts';

export const held: Catalog['held'] = {
  title: '保留中のジョブ',
  lastUsed: (lastPath) => `このホームは前回、${lastPath === null ? '別の場所' : lastPath}で使用されました。`,
  titles: (count, titles, more) =>
    `待機中の${jobsOf(count)}を保留しています：${[...titles, ...(more > 0 ? [`ほか${formatCount(more)}件`] : [])].join('、')}。`,
  writesOutside: (paths) => `ホームの外に書き込むパス：${paths.join('、')}。`,
  question: 'ここで続行しますか、保留のままにしますか？',
  continue: 'ここで続行',
  leaveHeld: '保留のまま',
  notAnswered: 'ジョブは保留のままです',
  held: '保留中',
  heldCount: (count) => `このホームは前回別の場所で使用されたため、${jobsOf(count)}を保留しています。`,
  continueHeld: '保留中のジョブを続行',
};
