import type { DataStep } from '../../../src-shared/domain/data/data-steps.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { rowsOf } from './counts.ts';

const wholeSteps: Catalog['dataEditor']['wholeSteps'] = {
  repair: '不備のある行とラベルの表記を修復',
  trim: 'テキスト前後の空白を削除',
  unescape: 'HTMLエンティティをデコード',
  'drop-faulty': '不備のある行を除外',
  'drop-duplicates': '重複する行を除外',
  'drop-leaks': 'テストにもある学習行を除外',
  'drop-near-leaks': 'テスト行とほぼ同じ学習行を除外',
  'merge-labels': '大文字小文字や空白だけが異なるラベルを統合',
};

export const dataEditor: Catalog['dataEditor'] = {
  views: { label: '行の表示方法', preview: 'プレビュー', edit: '編集' },
  title: '行',
  note: (from, to, of, read, isWhole) =>
    `${of === 0 ? 'なし' : `${formatCount(of)}行中 ${formatCount(from)}–${formatCount(to)}`}${isWhole ? '' : `（最初の${rowsOf(read)}のうち）`}`,
  filter: {
    label: '表示する行',
    all: (count) => `すべて ${formatCount(count)}`,
    faulty: (count) => `不備 ${formatCount(count)}`,
    changed: (count) => `変更 ${formatCount(count)}`,
    'left-out': (count) => `除外 ${formatCount(count)}`,
  },
  sort: { label: '行の順序', file: 'ファイル順', problem: '問題順' },
  search: 'セルを検索…',
  previous: '前の行',
  next: '次の行',
  empty: '該当する行はありません。',
  row: '行',
  state: '状態',
  states: { train: '学習', test: 'テスト', faulty: '不備', 'left-out': '除外' },
  dropSelected: (count) => `${rowsOf(count)}を除外`,
  rowForm: {
    title: '行を編集',
    choose: '表の行を選択すると、セルを編集できます。',
    apply: '適用',
    revert: 'ファイルの内容に戻す',
    drop: '除外',
    keep: '戻す',
    unreadable: 'この行は読み込めないため、セルを編集できません。ファイルで修正するか、除外してください。',
    role: (role) => `${role}として読み込み`,
    unused: '未使用',
    edited: '編集済み',
    cut: (characters) => `${formatCount(characters)}文字を超えています。ファイルで修正してください。`,
    json: 'JSON',
    noJson:
      'JSONではありません。このセルはファイルではリスト、オブジェクト、数値のいずれかで、その型のままにする必要があります。',
    before: 'ファイルの内容',
    after: '編集後',
    model: 'ベースモデル',
    becomesNone: 'この行は使用されません。',
  },
  steps: {
    title: '手順',
    note: 'ファイルを読み込むたびに実行します。ファイルは変更されません',
    none: '手順はありません。下で行を編集するか、すべての行への手順を追加してください。',
    add: '手順を追加',
    undo: '元に戻す',
    redo: 'やり直す',
    remove: (step) => `手順を削除：${step}`,
    sample: '行を抽出…',
    rename: 'ラベル名を変更…',
    rows: '行数',
    seed: 'シード',
    from: 'ラベル',
    to: '新しい名前',
    confirm: '追加',
    cancel: 'キャンセル',
    unknown: (text) => `手順を1つずつ表示できません：${text}`,
  },
  step(step: DataStep): string {
    switch (step.step) {
      case 'sample':
        return `${rowsOf(step.rows)}を抽出（シード${step.seed}）`;
      case 'rename-label':
        return `ラベル「${step.from}」を「${step.to}」に変更`;
      case 'edit':
        return `${step.row}の${step.column}を${quoted(step.value)}に設定`;
      case 'drop-row':
        return `${step.row}を除外`;
      default:
        return wholeSteps[step.step];
    }
  },
  wholeSteps,
};

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `「${text.length > 80 ? `${text.slice(0, 80)}…` : text}」`;
}
