import type { Catalog } from '../catalog.ts';

export const table: Catalog['table'] = {
  cached: {
    title: '在 Hugging Face 缓存中找到',
    scan: '重新扫描缓存',
    tryAgain: '重试',
    add: '添加',
    addOne: (repository, detail) => `添加 ${repository}（${detail}）`,
  },
  columns: '列',
  usualColumns: '默认列',
  selectAll: '全选',
  select: (name) => `选择 ${name}`,
  expand: (name) => `展开 ${name}`,
  collapse: (name) => `折叠 ${name}`,
  actions: '操作',
};
