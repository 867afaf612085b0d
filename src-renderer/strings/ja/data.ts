import { anyLength } from '../../../src-shared/domain/models/model.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { classesOf, plural, rowsOf, tokensOf } from './counts.ts';

export const data: Catalog['data'] = {
  example: (label, index) => `${label}、例${index}`,
  content: {
    classes: (count) => classesOf(count),
    tags: (count) => plural(count, { other: 'タグ#個' }),
    preferences: '選好',
    questions: '質問',
    conversations: '会話',
    prompts: 'プロンプト',
    pairs: 'ペア',
    numbers: '数値',
    unlabeled: 'ラベルなし',
    split: (count, split) => `${split} ${formatCount(count)}`,
  },
  title: 'データ',
  count: (count) => plural(count, { other: 'データセット#件' }),
  list: 'データセット',
  filter: 'データセットを絞り込む…',
  noMatch: '該当するデータセットはありません',
  empty:
    'データセットはまだありません。テキストファイル（CSV、TSV、JSON、JSONL、Excel、Parquet、Arrow、CoNLL）、Hugging Faceのdatasetsのsave_to_diskで書き出したフォルダー、IDXファイルのフォルダー、またはクラスごとに画像フォルダーを分けたフォルダーを追加してください。',
  drop: 'テキストファイル（CSV、TSV、JSON、JSONL、Excel、Parquet、Arrow、CoNLL）またはフォルダー（save_to_disk、クラス別画像、IDX）をドロップして追加',
  add: 'データを追加',
  addFolder: 'フォルダー（save_to_disk、クラス別画像、IDX）',
  addFile: 'テキストファイル（CSV、TSV、JSON、JSONL、Excel、Parquet、Arrow、CoNLL）',
  chooseFolder: 'フォルダーを選択（save_to_disk、クラス別画像、IDX）',
  chooseFile: 'データファイルを選択',
  added: 'データセットを追加しました',
  bundled: '同梱',
  draft: '下書き',
  unsaved: '未保存の変更',
  import: 'インポート',
  unanswerable: '回答なし',
  dismiss: '閉じる',
  tryAgain: '再試行',
  grayscale: 'グレースケール',
  channels: (count) => plural(count, { other: '#チャンネル' }),
  pixels: (width, height) => `${width} × ${height}ピクセル`,
  rows: (rows, skipped) =>
    skipped === 0 ? rowsOf(rows) : `${rowsOf(rows)}、${plural(skipped, { other: '#行をスキップ' })}`,
  matchesNothing: (value, rows, column, found) =>
    `最初の${rowsOf(rows)}には、${column}が「${value}」の行がありません。テスト用に取り分けられる行がありません。見つかった値：${found.join('、')}。`,
  tooManyFaults: (faulty, rows) =>
    `最初の${rowsOf(rows)}のうち${rowsOf(faulty)}に不備があります。「問題」で行を修正するか、「不備のある行を除外」をオンにしてください。`,
  lengths: (examples, median, p95, longest) =>
    `最初の${plural(examples, { other: '学習例#件' })}：中央値${formatCount(median)} · p95 ${formatCount(p95)} · 最大${formatCount(longest)}トークン。`,
  accounting: {
    title: '列と行の扱い',
    firstRows: (rows) => `最初の${rowsOf(rows)}について。データセットの追加時にはすべて読み込みます`,
    what: '対象',
    is: '扱い',
    detail: '用途または理由',
    questions: '役割のない内容',
    questionsNote: '各列の役割、または使用しないことを選択',
    choose: '選択…',
    notUsed: '使用しない',
    mergeLabels: 'ラベルを統合',
    unanswered: (column) => `列「${column}」の役割、または使用しないことを選択してください。`,
  },
  problems: '問題',
  problemsNote: (isTooMany) =>
    `${isTooMany ? '確認なしでスキップするには行が多すぎます' : 'これらの行はスキップされます'}。プレビューのみで、残りの行はインポート時に確認します`,
  byRow: (title) => `${title}（行別）`,
  repairs: {
    repair: (rows) => `${rowsOf(rows)}を修復`,
    offered: '修復で変わる内容',
    repaired: '手順で変わった内容',
    inFirstRows: '最初の行について。データセットの追加時にはすべての行を読み込みます',
  },
  truncates: (maxLength, count) =>
    `max_length ${formatCount(maxLength)}により${plural(count, { other: '#件' })}が切り詰められます。`,
  inWindows: (rows, limit) =>
    `${formatCount(limit)}トークン（max_seq_length）より長い${plural(rows, { other: 'テキスト#件' })}は、ウィンドウに分けて読み込まれます。`,
  context: (model, tokens) =>
    tokens >= anyLength
      ? `${model}は任意の長さのテキストを読み込めます。`
      : `${model}は${formatCount(tokens)}まで読み込めます。`,
  conversation: {
    title: '会話',
    excluded: (role) => `${role}（損失に含まれません）`,
    verdicts: { chosen: '選択', rejected: '却下', wanted: '望ましい', unwanted: '望ましくない' },
  },
  tokens: {
    inTemplate: (model) => `テキスト（${model}のチャットテンプレート）`,
    plain: 'テキスト（プレーン）',
    written: 'モデルが読み込むテキスト',
    list: 'トークン',
    count: (tokens, counted) =>
      counted === null ? tokensOf(tokens) : `${tokensOf(tokens)}、うち損失の対象${formatCount(counted)}`,
    first: (shown) => `最初の${formatCount(shown)}トークンを表示しています。`,
    loss: {
      completion: '強調表示のトークンが損失に寄与します。',
      text: 'すべてのトークンが損失に寄与します。',
      label: 'モデルはこれらのトークンを読み、ラベルを予測します。',
      tags: '強調表示のトークン（各単語の先頭）に、その単語のタグが与えられます。',
      answer: '強調表示のトークンが答えです。モデルはその開始と終了の位置を学習します。',
      nothing: 'モデルはこれらのトークンを読むだけです。学習するラベルはありません。',
    },
  },
  duplicates: {
    title: '重複',
    none: '重複や漏洩は見つかりませんでした',
    words: {
      withinTrain: '学習データ内の重複',
      withinTest: 'テストデータ内の重複',
      across: '学習・テスト間の漏洩',
      nearAcross: '学習・テスト間のほぼ重複',
    },
    textMeaning: {
      withinTrain: '学習での重みが過大になります。少数なら無害です。多い場合は1つだけ残してください。',
      withinTest: 'どのスコアでも複数回数えられます。1つだけ残してください。',
      across: 'テストのスコアが高く出ます。どちらかから取り除いてください。',
      nearAcross: '数語を除いて同じテキストで、これもテストのスコアを高くします。どちらかから取り除いてください。',
    },
    imageMeaning: {
      withinTrain: '画素が同じで、学習での重みが過大になります。少数なら無害です。多い場合は1つだけ残してください。',
      withinTest: '画素が同じで、どのスコアでも複数回数えられます。1つだけ残してください。',
      across: '両方に画素が同じものがあり、テストのスコアが高く出ます。どちらかから取り除いてください。',
      nearAcross:
        '拡大縮小や再圧縮のコピーのように見た目が似ており、これもテストのスコアを高くします。どちらかから取り除いてください。',
    },
    wayOut: (ofFolder) =>
      ofFolder
        ? '「問題」に示されたファイルをどちらかの分割から取り除き、もう一度比較してください。'
        : '画像をどちらかの分割から取り除き、もう一度比較してください。',
    compared: (images, near) =>
      near < images
        ? `${plural(images, { other: '画像#枚' })}を画素で、${plural(near, { other: '#枚' })}を見た目で比較しました`
        : `${plural(images, { other: '画像#枚' })}を比較しました`,
    removeFromTrain: '学習データから除く',
    texts: '両方の分割にある行',
    text: (kind, train, test) => {
      const both = [train === null ? '学習' : `学習 ${train}`, test === null ? 'テスト' : `テスト ${test}`];
      return `${kind === 'exact' ? '同じテキスト' : 'ほぼ同じ'}：${both.join('、')}`;
    },
    reimported: 'データセットを再インポートしました',
    notCompared: '画像同士はまだ比較されていません。',
    compare: '重複を検索',
    again: '再比較',
    notFound: '画像は比較されませんでした',
    pairs: '重複の例',
    pair: (kind, one, other) => `${kind === 'exact' ? '同じ画素' : '類似'}：${one}、${other}`,
    place: (split, index) => `${split} ${formatCount(index + 1)}`,
  },
  imageQuestion: { label: 'ラベルの列', add: '追加' },
  template: {
    title: 'モデルが読み込む形',
    model: 'プレビューのベースモデル',
    noModel: '行がどう読み込まれるかを見るには、テキストを読み込むベースモデルを追加してください。',
    noRows: '最初の行はどれも読み込めません。',
    previous: '前の行',
    next: '次の行',
    row: (place, total, where) => `${formatCount(place)} / ${formatCount(total)}：${where}`,
    lengths: (rows, median, longest) =>
      `最初の${rowsOf(rows)}：中央値${formatCount(median)} · 最大${formatCount(longest)}トークン。`,
    truncated: (rows, limit) =>
      rows === 0 ? '' : `${rowsOf(rows)}が${formatCount(limit)}トークン（max_length）に切り詰められます。`,
  },
  removeQuestion: (name) => `データセット「${name}」を一覧から外しますか？`,
};
