import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { jobsOf, plural } from './counts.ts';

export const held: Catalog['held'] = {
  title: '搁置的作业',
  lastUsed: (lastPath) => `此主文件夹上次用于${lastPath === null ? '别处' : ` ${lastPath}`}。`,
  titles: (count, titles, more) =>
    `已搁置 ${plural(count, { other: '# 个排队的作业' })}：${[...titles, ...(more > 0 ? [`另外 ${formatCount(more)} 个`] : [])].join('、')}。`,
  writesOutside: (paths) => `写入主文件夹之外的路径：${paths.join('、')}。`,
  question: '在此继续，还是保持搁置？',
  continue: '在此继续',
  leaveHeld: '保持搁置',
  notAnswered: '作业仍处于搁置状态',
  held: '搁置',
  heldCount: (count) => `因为此主文件夹上次用于别处，已搁置 ${jobsOf(count)}。`,
  continueHeld: '继续搁置的作业',
};
