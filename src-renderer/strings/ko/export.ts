import type { Catalog } from '../catalog.ts';

export const exportWords: Catalog['export'] = {
  heading: '내보내기 형식',
  failed: '어댑터를 내보내지 못했습니다',
  title: (name, form) => `${name} 내보내기: ${form}`,
  folderTitle: (name, form) => `${name} 내보낼 위치: ${form}`,
  asking: (form) => `${form}…`,
  needsRun: '이 어댑터는 스튜디오의 실행으로 학습하지 않아 내보낼 학습이 없습니다.',
  choosePath: '위치 선택…',
  evaluate: '평가…',
  prune: '프루닝·크기 조정…',
  pruneTitle: (name) => `${name} 프루닝`,
  runtimes: '런타임 호환성…',
  runtimesTitle: (name) => `${name} 런타임 호환성`,
};
