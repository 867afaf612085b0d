import type { Catalog } from '../catalog.ts';
import { plural, runsOf, seedsOf } from './counts.ts';

export const compare: Catalog['compare'] = {
  title: '실행 비교',
  back: '모든 실행',
  state: (runs, groups) => `${runsOf(runs)}, ${plural(groups, { other: '그룹 #개' })}`,
  none: '이 실행들은 더 이상 없습니다.',
  tooFew: '비교하려면 실행을 두 개 이상 선택하세요.',
  gone: (count) => `이 비교의 ${runsOf(count)}가 더 이상 없습니다.`,
  full: '비교 열기',
  legend: '그룹',
  seeds: (count) => seedsOf(count),

  results: '결과',
  resultsNote: '시드에 대한 평균 ± 95% 구간(스튜던트 t)',
  group: '그룹',
  seedsColumn: '시드',
  difference: 'Δ',
  differenceHelp: (pairs, name) =>
    `시드별 대응: ${name} 대비 ${plural(pairs, { other: '#쌍' })}. 평균 ± 95% 구간(스튜던트 t), 정확도는 포인트 단위.`,
  differenceNote: '시드별 대응',
  reference: '비교 대상',
  ownBaseline: 'CoTo 없는 자체 베이스라인 대비 Δ',
  against: (group) => `${group} 대비 Δ`,
  isReference: '기준',
  noPair: '공통 시드 없음',
  evalLoss: '평가 손실',
  stepTime: '스텝 ms',
  active: '활성 층 %',
  expand: (name) => `${name} 실행 표시`,
  collapse: (name) => `${name} 실행 숨기기`,

  curves: '곡선',
  notShared: (names) => `일부 실행에만 기록됨: ${names}.`,
  unsmoothed: '평가 값은 평활화하지 않습니다.',
  once: (names) => `한 번만 평가되어 위의 결과에만 있고 그리지 않음: ${names}.`,
  sampled: (drawn, all) =>
    `${runsOf(all)} 중 그룹에서 고르게 뽑은 ${plural(drawn, { other: '#개' })}의 곡선. 위의 결과는 모든 실행의 것입니다.`,
  noCurves: '이 실행들에는 아직 기록이 없습니다.',

  differences: '설정 차이',
  identical: '설정이 동일함',
  setting: '설정 항목',
};
