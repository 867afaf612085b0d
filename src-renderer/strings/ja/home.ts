import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { adaptersOf, jobsOf, plural, runsOf, studiesOf } from './counts.ts';

export const home: Catalog['home'] = {
  title: 'ホーム',
  summary: (runs, studies) => [runsOf(runs), ...(studies > 0 ? [studiesOf(studies)] : [])].join('、'),
  tryAgain: '再試行',

  now: '現在',
  nothing: '実行中のものはありません。',
  startRun: 'ランを設定',
  starting: '開始中',
  cancel: '中止',
  cancelJob: (title) => `${title}を中止`,
  progressOf: (title) => `${title}の進捗`,
  liveLoss: '実行中のジョブの学習損失',
  liveStrip: '実行中のジョブの有効な層',
  queue: 'キュー',
  queued: (count) => jobsOf(count),
  left: (duration) => `合計約${duration}`,
  partsOfStudies: (count) => plural(count, { other: 'ほかにスタディの一部#件' }),
  more: (count) => plural(count, { other: 'ほか#件' }),
  pauseQueue: 'キューを停止',
  resumeQueue: 'キューを再開',
  pauseHelp: '実行中のジョブは続きます。キューを再開するまで、次の学習やスタディは開始されません。',
  move: (title) => `${title}を移動`,
  moveHelp: 'ドラッグまたは上下の矢印キーで順序を変更',

  away: '前回からの変化',
  attention: '要対応',
  finishedCount: (count) => plural(count, { other: '#件完了' }),
  interruptedCount: (count) => plural(count, { other: '#件中断' }),
  failedCount: (count) => plural(count, { other: '#件失敗' }),
  pausedByQuitting: (count) => `終了時に${runsOf(count)}を一時停止しました`,
  pausedCount: (count) => plural(count, { other: '#件一時停止' }),
  resume: '再開',
  resumeOne: (name) => `${name}を再開`,
  resumeAll: 'すべて再開',
  dismiss: '閉じる',
  dismissOne: (name) => `${name}を閉じる`,
  dismissAll: 'すべて閉じる',
  dismissed: (count) => plural(count, { other: '項目#件を閉じました' }),
  runNotResumed: 'ランは再開されませんでした',
  studyNotResumed: 'スタディは再開されませんでした',
  quitDuring: 'このランの実行中にCoTo Studioが終了しました。',
  notStarted: '未開始',
  step: (step, total) =>
    total === null ? `ステップ${formatCount(step)}` : `ステップ${formatCount(step)} / ${formatCount(total)}`,

  checklist: {
    title: 'はじめに',
    note: '同梱のモデルとデータでオフラインで動作',
    progress: (done, all) => `${done} / ${all} 完了`,
    allDone: 'すべて完了しました。',
    done: '完了：',
    running: '実行中…',
    demo: {
      title: 'デモスタディを実行',
      text: '2つのシードでCoToあり・なしのLoRAを学習し、アダプターのマージ、補間、枝刈りを行ってレポートを書き出します。2コアで、短い版は1分以内、完全な版はハードウェアに応じて3～20分かかります。',
    },
    report: {
      title: 'レポートを見る',
      text: '比較、図、設定、ハッシュを含む1つのファイルです。ここで開きます。',
      action: 'レポートを開く',
      none: 'デモの後に利用できます。',
    },
    data: {
      title: 'データを追加',
      text: 'テキストファイル（CSV、JSONL、Parquetなど）、またはクラスごとに画像フォルダーを分けたフォルダー。',
      action: 'データセットを追加',
    },
    model: {
      title: 'モデルを追加',
      text: 'Hugging Faceのモデルフォルダー、GGUFファイル、またはハブからのダウンロード。',
      action: 'モデルを追加',
    },
    merge: {
      title: '最初のマージ',
      text: '同じベースのアダプターを2つ作業台にドラッグし、「マージ」を押します。',
      action: 'マージを開く',
    },
  },

  demo: {
    title: 'デモスタディ',
    note: '同梱のベースとデータ',
    text: 'CoToあり・なしのLoRAを2シードずつ学習し、マージと枝刈りを行ってレポートを作成します。',
    length: 'デモスタディの長さ',
    quick: '短い',
    full: '完全',
    start: 'デモスタディを開始',
    notStarted: 'デモスタディは開始されませんでした',
    queued: 'デモスタディをキューに追加しました',
    contents: (runs, studies) => `${runsOf(runs)}と${studiesOf(studies)}`,
  },

  findings: {
    title: 'デモが完了しました',
    metric: '指標',
    difference: '差',
    note: (pairs) =>
      pairs < 2
        ? '差：CoToありからなしを引いた値。'
        : '差：CoToありからなしを引いた値（シードごとに対応）。±は95%区間の半幅。',
    open: 'レポートを開く',
  },

  goOn: {
    title: '続ける',
    report: '前回のレポート',
    comparison: '前回の比較',
    comparedRuns: (count) => runsOf(count),
    bench: 'マージの作業台',
    adapters: (count) => adaptersOf(count),
  },

  machine: {
    title: 'このマシン',
    settings: '設定',
    backend: '計算バックエンド',
    memory: 'メモリ',
    gpuMemory: 'GPUメモリ',
    gpuHelp: (name) => `${name}：全プログラムによるメモリ使用率`,
    gpuUtilization: 'GPU使用率',
    memoryHelp: 'バックエンドによるメモリ使用率',
    of: (used, total) => `${used} / ${total}`,
    storage: '使用容量',
    detecting: '検出中…',
    disk: 'ディスクの空き',
  },

  recent: {
    title: '最近のラン',
    all: 'すべてのラン',
    label: '最近のラン',
    columns: { name: 'ラン', score: 'スコア', step: 'ステップ', finished: '終了' },
    withCoto: 'CoToあり',
    scoreHelp: '正解率。言語モデルでは完全一致またはパープレキシティ',
    stepHelp: 'オプティマイザーの1ステップの実時間の中央値',
  },
  jobNotStopped: 'ランは停止されませんでした',
  jobNotMoved: 'ジョブは移動されませんでした',
  queueNotChanged: 'キューは変更されませんでした',
  cancelEndsAtOnce: 'すぐに終了し、何も保存されません。',
};
