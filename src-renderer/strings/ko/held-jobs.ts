import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { jobsOf } from './counts.ts';

export const held: Catalog['held'] = {
  title: '보류된 작업',
  lastUsed: (lastPath) =>
    lastPath === null
      ? '이 홈은 마지막으로 다른 곳에서 사용되었습니다.'
      : `이 홈이 마지막으로 사용된 위치: ${lastPath}.`,
  titles: (count, titles, more) =>
    `대기 중이던 ${jobsOf(count)}가 보류되었습니다: ${[...titles, ...(more > 0 ? [`외 ${formatCount(more)}개`] : [])].join(', ')}.`,
  writesOutside: (paths) => `홈 밖에 쓰는 경로: ${paths.join(', ')}.`,
  question: '여기서 계속할까요, 보류한 채로 둘까요?',
  continue: '여기서 계속',
  leaveHeld: '보류 유지',
  notAnswered: '작업이 계속 보류됩니다',
  held: '보류됨',
  heldCount: (count) => `이 홈이 마지막으로 다른 곳에서 사용되어 ${jobsOf(count)}가 보류되었습니다.`,
  continueHeld: '보류된 작업 계속',
};
