import type { Catalog } from '../catalog.ts';

export const table: Catalog['table'] = {
  cached: {
    title: 'Hugging Face 캐시에서 찾음',
    scan: '캐시 다시 검색',
    tryAgain: '다시 시도',
    add: '추가',
    addOne: (repository, detail) => `${repository} 추가(${detail})`,
  },
  columns: '열',
  usualColumns: '기본 열',
  selectAll: '모두 선택',
  select: (name) => `${name} 선택`,
  expand: (name) => `${name} 펼치기`,
  collapse: (name) => `${name} 접기`,
  actions: '작업',
};
