import type { Catalog } from '../catalog.ts';

export const exportWords: Catalog['export'] = {
  heading: 'エクスポート形式',
  failed: 'アダプターはエクスポートされませんでした',
  title: (name, form) => `${name}を${form}としてエクスポート`,
  folderTitle: (name, form) => `${name}を${form}としてエクスポートする先`,
  asking: (form) => `${form}…`,
  needsRun: 'このアダプターはスタジオのランで学習したものではないため、エクスポートする学習がありません。',
  choosePath: '場所を選択…',
  evaluate: '評価…',
  prune: '枝刈り・リサイズ…',
  pruneTitle: (name) => `${name}を枝刈り`,
  runtimes: 'ランタイムの互換性…',
  runtimesTitle: (name) => `${name}のランタイム互換性`,
};
