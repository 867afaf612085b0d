import { anyLength } from '../../../src-shared/domain/models/model.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { classesOf, plural } from './counts.ts';

export const models: Catalog['models'] = {
  title: 'モデル',
  count: (count) => plural(count, { other: 'ベースモデル#件' }),
  list: 'ベースモデル',
  filter: 'モデルを絞り込む…',
  noMatch: '該当するモデルはありません',
  empty:
    'モデルはまだありません。Hugging Faceのフォルダー（config.jsonとsafetensors）またはGGUFファイルを追加してください。',
  drop: 'モデルフォルダー（config.jsonとsafetensors）またはGGUFファイルをドロップして追加',
  download: 'Hugging Faceからダウンロード…',
  add: 'モデルフォルダーを追加',
  addGguf: 'GGUFファイルを追加…',
  chooseFolder: 'Hugging Faceのモデルフォルダーを選択',
  chooseGguf: 'GGUFファイルを選択',
  added: 'モデルを追加しました',
  known: 'すでに一覧にあります',
  bundled: '同梱',
  folderGone: {
    message: 'このモデルのフォルダーが見つからないか読み込めないため、学習できません。',
    hint: 'フォルダーを元に戻すか、モデルを一覧から削除してください。',
  },
  rename: {
    item: '名前を変更…',
    title: 'ベースモデルの名前を変更',
    label: '名前',
    confirm: '変更',
    cancel: 'キャンセル',
    failed: 'モデルの名前は変更されませんでした',
  },
  weightFormat: '重み',
  weightFormatHelp:
    'GGUFファイルはメモリ上でも量子化されたままです。safetensorsは損失なくマージとエクスポートができます。',
  dismiss: '閉じる',
  tryAgain: '再試行',
  quantize: {
    action: '量子化…',
    title: (name) => `${name}を量子化`,
    help: 'ベースの小さなコピーを書き出します。ベース自体は残ります。アダプターはコピー上でごくわずかなメモリで学習できますが、精度がいくらか下がります。',
    type: '型',
    choice: (label, sizes) => (sizes === '' ? label : `${label}：${sizes}`),
    sizes: (before, after) =>
      `${formatBytes(before)}から${formatBytes(after)}へ（${Math.round((100 * after) / before)}%）`,
    name: '名前',
    cancel: 'キャンセル',
    start: '量子化',
    from: '量子化元',
  },
  addTokens: {
    action: 'トークンを追加…',
    title: (name) => `${name}にトークンを追加`,
    help: 'トークナイザーにこれらのトークンを加えたベースのコピーを書き出します。ベース自体は残ります。埋め込みとヘッドの新しい行は、他のすべての行の平均で初期化されます。ランの「学習するトークン」で学習してください。',
    tokens: 'トークン',
    tokensHelp: '1行に1トークン。',
    special: '特殊トークン',
    specialHelp: 'チャットテンプレートの記号のように、生成テキストから除かれます。',
    name: '名前',
    cancel: 'キャンセル',
    start: 'トークンを追加',
    noText: 'このモデルはテキストを読み込みません。',
  },
  layers: (layers, width, encoder) =>
    `${plural(layers, { other: '#層' })}${encoder === null ? '' : `（エンコーダー${encoder}、デコーダー${layers - encoder}）`} · 隠れ次元${formatCount(width)}`,
  experts: (count) => `エキスパートのある各層に${formatCount(count)}個`,
  roles: { head: 'タスクヘッド', expert: 'エキスパート', adapter: 'アダプター' },
  roleHelp:
    'タスクヘッドは全体を学習します。エキスパートはtarget_parameters、それ以外はtarget_modulesでアダプターを付けます。',
  classes: (count) => classesOf(count),
  ignoredImages: '未使用：これはテキストモデルのみです',
  unusedHead: (architecture) => `未使用：${architecture}のヘッド`,
  textInput: (positions, vocabulary) =>
    `テキスト、${positions >= anyLength ? '長さ制限なし' : `最大${formatCount(positions)}トークン`}、語彙数${formatCount(vocabulary)}`,
  asTheyAre: 'そのまま',
  memoryToTrain: '学習に必要なメモリ',
  memoryNote: (tokens, free, device) =>
    `すべての線形層にLoRA r 16${tokens === null ? '' : `、${formatCount(tokens)}トークン`}。現在の空き${device === null ? '' : `（${device}）`} ${free}`,
  trainWith: (batch, checkpointing) =>
    `バッチ${batch}でファインチューニング${checkpointing ? '（勾配チェックポイント）' : ''}`,
  batch: 'バッチ',
  batchHelp: 'per_device_train_batch_size × gradient_accumulation_steps：実効バッチサイズは同じです',
  batchOf: (size, accumulation) => `${size} × ${accumulation}`,
  checkpointing: '勾配チェックポイント',
  parameters: (count) => `${count}パラメーター`,
  plannedMemory: (bytes, batch, free) =>
    `すべての線形層にLoRA r 16を付けた学習には、空き${free}のうち${bytes}（バッチ${batch}）が必要です：`,
  on: 'オン',
  off: 'オフ',
  memory: 'メモリ',
  verdict: 'このマシン',
  verdicts: { fits: '収まる', tight: 'ぎりぎり', 'does not fit': '収まらない' },
  trainsIn: (memory) => `学習に${memory}`,
  removeQuestion: (name) => `モデル「${name}」を一覧から外しますか？`,
};
