import type { Catalog } from '../catalog.ts';
import { plural } from './counts.ts';

export const guide: Catalog['guide'] = {
  title: '指南',
  state: (topics, cards) => `${plural(topics, { other: '# 个主题' })} · ${plural(cards, { other: '# 张方法卡片' })}`,
  topics: '用户指南',
  overview: '概览',
  results: '实测结果',
  search: '搜索指南…',
  found: (count) => (count === 0 ? '没有匹配的主题' : plural(count, { other: '# 篇文档' })),
  definitionOf: (text, term) => `${text}：${term} 的定义`,
  closeDefinition: '关闭定义',
  moreOf: (term) => `在指南中了解更多：${term}`,
  helpFor: (label) => `帮助：${label}`,
  sheet: '帮助',
  back: '后退',
  close: '关闭帮助',
  openInGuide: '在指南中打开',
  missing: '此文档不在指南中。',
  copyAddress: (title) => `复制“${title}”的地址`,
};
