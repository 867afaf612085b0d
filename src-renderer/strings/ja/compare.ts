import type { Catalog } from '../catalog.ts';
import { plural, runsOf, seedsOf } from './counts.ts';

export const compare: Catalog['compare'] = {
  title: 'ランを比較',
  back: 'すべてのラン',
  state: (runs, groups) => `${runsOf(runs)}、${plural(groups, { other: 'グループ#個' })}`,
  none: 'これらのランはもう存在しません。',
  tooFew: '比較するには、ランを2件以上選択してください。',
  gone: (count) => `この比較の${runsOf(count)}はもう存在しません。`,
  full: '比較を開く',
  legend: 'グループ',
  seeds: (count) => seedsOf(count),

  results: '結果',
  resultsNote: 'シードの平均 ± 95%区間（Studentのt）',
  group: 'グループ',
  seedsColumn: 'シード',
  difference: 'Δ',
  differenceHelp: (pairs, name) =>
    `シードごとの対応：${name}と${plural(pairs, { other: '#組' })}。平均 ± 95%区間（Studentのt）。正解率はポイントで表示。`,
  differenceNote: 'シードごとに対応',
  reference: '比較対象',
  ownBaseline: 'CoToなしの自身のベースラインとのΔ',
  against: (group) => `${group}とのΔ`,
  isReference: '基準',
  noPair: '共通のシードなし',
  evalLoss: '評価損失',
  stepTime: 'ステップ ms',
  active: '有効な層 %',
  expand: (name) => `${name}のランを表示`,
  collapse: (name) => `${name}のランを隠す`,

  curves: '曲線',
  notShared: (names) => `一部のランで記録されていません：${names}。`,
  unsmoothed: '評価の値は平滑化されません。',
  once: (names) => `1回だけ評価されたため、上の結果にのみ示し、曲線は描きません：${names}。`,
  sampled: (drawn, all) =>
    `${runsOf(all)}のうち、各グループから均等に選んだ${plural(drawn, { other: '#件' })}の曲線。上の結果はすべてのランのものです。`,
  noCurves: 'これらのランにはまだ記録がありません。',

  differences: '設定の違い',
  identical: '設定は同一です',
  setting: '設定項目',
};
