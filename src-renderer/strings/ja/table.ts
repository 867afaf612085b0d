import type { Catalog } from '../catalog.ts';

export const table: Catalog['table'] = {
  cached: {
    title: 'Hugging Faceのキャッシュで見つかったもの',
    scan: 'キャッシュを再検索',
    tryAgain: '再試行',
    add: '追加',
    addOne: (repository, detail) => `${repository}を追加（${detail}）`,
  },
  columns: '列',
  usualColumns: 'デフォルトの列',
  selectAll: 'すべて選択',
  select: (name) => `${name}を選択`,
  expand: (name) => `${name}を展開`,
  collapse: (name) => `${name}を折りたたむ`,
  actions: '操作',
};
