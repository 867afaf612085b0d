import type { Catalog } from '../catalog.ts';
import { plural } from './counts.ts';

export const guide: Catalog['guide'] = {
  title: 'ガイド',
  state: (topics, cards) =>
    `${plural(topics, { other: 'トピック#件' })} · ${plural(cards, { other: '手法カード#件' })}`,
  topics: 'ユーザーガイド',
  overview: '概要',
  results: '測定結果',
  search: 'ガイドを検索…',
  found: (count) => (count === 0 ? '該当するトピックはありません' : plural(count, { other: '文書#件' })),
  definitionOf: (text, term) => `${text}：${term}の定義`,
  closeDefinition: '定義を閉じる',
  moreOf: (term) => `ガイドで${term}を詳しく見る`,
  helpFor: (label) => `ヘルプ：${label}`,
  sheet: 'ヘルプ',
  back: '戻る',
  close: 'ヘルプを閉じる',
  openInGuide: 'ガイドで開く',
  missing: 'この文書はガイドに含まれていません。',
  copyAddress: (title) => `「${title}」のアドレスをコピー`,
};
