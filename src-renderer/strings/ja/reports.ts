import type { Catalog } from '../catalog.ts';
import { plural, runsOf, studiesOf } from './counts.ts';

/** "ラン4件、スタディ1件" */
function contents(runs: number, studies: number): string {
  const parts = [...(runs > 0 ? [runsOf(runs)] : []), ...(studies > 0 ? [studiesOf(studies)] : [])];
  return parts.join('、') || '–';
}

export const reports: Catalog['reports'] = {
  title: 'レポート',
  count: (count) => plural(count, { other: 'レポート#件' }),
  empty:
    'レポートはまだありません。レポートは、図、表、設定、シード、ハッシュを含む1つの独立したファイルです。ここで、またはラン、比較、完了したスタディから作成できます。',
  tryDemo: 'デモスタディを試す',
  contents,
  create: 'レポートを作成',
  dialog: {
    title: 'レポートを作成',
    name: 'タイトル',
    note: 'メモ',
    notePlaceholder: '問いと、わかったこと（任意）',
    sections: 'セクション',
    action: 'レポートを作成',
    nothing: 'セクションを1つ以上選択してください。',
    noSource: 'スタディまたはランを選択してください。',
    studies: 'スタディ',
    runs: 'ラン',
    noMatch: '該当するものはありません。',
    of: (runs, studies) => `対象：${contents(runs, studies)}。`,
  },
  failed: 'レポートは作成されませんでした',
  openInBrowser: 'ブラウザーで開く',
  notOpened: 'レポートを開けませんでした',
  export: 'エクスポート',
  exportAs: { html: 'HTML', pdf: 'PDF', csv: 'CSV', json: 'JSON', md: 'Markdown', tex: 'LaTeXの表' },
  exported: 'レポートをエクスポートしました',
  noFormat: (format) => `このレポートには${format}がありません。以前のバージョンで作成されました。`,
  more: (name) => `${name}のその他の操作`,
  columns: { name: '名前', of: '対象', created: '作成日時' },
  notExported: 'レポートはエクスポートされませんでした',
  showInFolder: 'フォルダーで表示',
  rename: {
    item: '名前を変更…',
    title: 'レポートの名前を変更',
    label: '名前',
    confirm: '変更',
    cancel: 'キャンセル',
    failed: 'レポートの名前は変更されませんでした',
  },
  remove: '削除',
  removed: (name) => `「${name}」を削除しました`,
  notRemoved: 'レポートは削除されませんでした',
  removeConsequence: 'ファイルが削除されます。ランとスタディは残ります。',
  frame: (name) => `レポート「${name}」`,
  choose: 'レポートを選択すると、ここで読めます。',
  gone: 'このレポートはもう存在しません。',
  removeQuestion: (name) => `レポート「${name}」を削除しますか？`,
};
