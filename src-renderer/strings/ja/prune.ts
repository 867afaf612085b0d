import type { Catalog } from '../catalog.ts';
import { adaptersOf, plural } from './counts.ts';

export const prune: Catalog['prune'] = {
  title: '枝刈り',
  state: (adapters, studies) => `${adaptersOf(adapters)}、${plural(studies, { other: '枝刈りスタディ#件' })}`,
  train: 'アダプターを学習',
  empty: '精度が落ちるまでにアダプターをどれだけ枝刈りできるかを調べます。アダプターはまだありません。',
  hint: '左でアダプターを選択し（あればCoToあり・なしの複数シード）、枝刈りスタディを実行してください。図がここに表示され、点をクリックするとそのアダプターを保存できます。',
  shown: '表示中の枝刈りスタディ',
  openStudy: 'スタディを開く',

  adapters: 'アダプター',
  adaptersLabel: '枝刈りするアダプター',
  filterLabel: '枝刈りするアダプターを絞り込む',
  filter: 'アダプターを絞り込む…',
  filters: '表示対象',
  fits: '選択に適合',
  noMatch: '該当するアダプターはありません',
  selected: (count) => (count === 0 ? '同じベースのシード' : plural(count, { other: '#個を選択中' })),
  clear: 'クリア',
  evaluation: '評価',
  dataset: 'データセット',
  trainingDataset: '学習データセット',
  grid: (label) => `${label}のグリッド`,
  gridHelp: (help, example) => `${help} 複数の値はカンマで区切ります：${example}`,
  run: '枝刈りスタディを実行',
  queued: '枝刈りスタディをキューに追加しました',

  problems: {
    adapter: 'アダプターを1つ以上選択してください。',
    foreign: 'スタディはアダプターをそのベース上で評価します。ベースがスタジオに必要です。',
    bases: 'これらのアダプターはベースモデルが異なります。1つのスタディのベースは1つです。',
    dataset: '評価に使うデータセットを選択してください。',
  },
  evaluations: (count) => plural(count, { other: '評価#回' }),
};
