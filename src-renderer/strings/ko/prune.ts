import type { Catalog } from '../catalog.ts';
import { adaptersOf, plural } from './counts.ts';

export const prune: Catalog['prune'] = {
  title: '프루닝',
  state: (adapters, studies) => `${adaptersOf(adapters)}, ${plural(studies, { other: '프루닝 연구 #개' })}`,
  train: '어댑터 학습',
  empty: '정확도가 떨어지기 전까지 어댑터를 얼마나 프루닝할 수 있는지 확인합니다. 아직 어댑터가 없습니다.',
  hint: '왼쪽에서 어댑터를 선택하고(있다면 CoTo를 사용한 것과 사용하지 않은 것의 여러 시드) 프루닝 연구를 실행하세요. 그림이 여기에 나타나며, 점을 클릭하면 그 어댑터를 저장합니다.',
  shown: '표시된 프루닝 연구',
  openStudy: '연구 열기',

  adapters: '어댑터',
  adaptersLabel: '프루닝할 어댑터',
  filterLabel: '프루닝할 어댑터 필터',
  filter: '어댑터 필터…',
  filters: '표시할 항목',
  fits: '선택에 맞음',
  noMatch: '일치하는 어댑터 없음',
  selected: (count) => (count === 0 ? '같은 베이스의 시드' : plural(count, { other: '#개 선택됨' })),
  clear: '비우기',
  evaluation: '평가',
  dataset: '데이터셋',
  trainingDataset: '학습 데이터셋',
  grid: (label) => `${label} 격자`,
  gridHelp: (help, example) => `${help} 여러 값은 쉼표로 구분합니다: ${example}`,
  run: '프루닝 연구 실행',
  queued: '프루닝 연구가 대기열에 추가됨',

  problems: {
    adapter: '어댑터를 하나 이상 선택하세요.',
    foreign: '연구는 어댑터를 베이스 위에서 평가하므로 베이스가 스튜디오에 있어야 합니다.',
    bases: '이 어댑터들은 베이스 모델이 다릅니다. 연구는 베이스 하나만 사용합니다.',
    dataset: '평가할 데이터셋을 선택하세요.',
  },
  evaluations: (count) => plural(count, { other: '평가 #회' }),
};
