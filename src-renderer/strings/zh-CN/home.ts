import { formatCount } from '../../../src-shared/format/numbers.ts';
import type { Catalog } from '../catalog.ts';
import { adaptersOf, jobsOf, plural, runsOf, studiesOf } from './counts.ts';

export const home: Catalog['home'] = {
  title: '主页',
  summary: (runs, studies) => [runsOf(runs), ...(studies > 0 ? [studiesOf(studies)] : [])].join('，'),
  tryAgain: '重试',

  now: '当前',
  nothing: '没有正在运行的作业。',
  startRun: '设置运行',
  starting: '正在启动',
  cancel: '取消',
  cancelJob: (title) => `取消 ${title}`,
  progressOf: (title) => `${title} 的进度`,
  liveLoss: '正在运行的作业的训练损失',
  liveStrip: '正在运行的作业的激活层',
  queue: '队列',
  queued: (count) => jobsOf(count),
  left: (duration) => `共约 ${duration}`,
  partsOfStudies: (count) => plural(count, { other: '另有研究的 # 个部分' }),
  more: (count) => plural(count, { other: '另有 # 个' }),
  pauseQueue: '暂停队列',
  resumeQueue: '恢复队列',
  pauseHelp: '正在运行的作业会继续。恢复队列之前，不会开始新的训练或研究。',
  move: (title) => `移动 ${title}`,
  moveHelp: '拖动或按上下方向键更改顺序',

  away: '离开期间',
  attention: '需要处理',
  finishedCount: (count) => plural(count, { other: '# 个已完成' }),
  interruptedCount: (count) => plural(count, { other: '# 个已中断' }),
  failedCount: (count) => plural(count, { other: '# 个失败' }),
  pausedByQuitting: (count) => `退出时暂停了 ${runsOf(count)}`,
  pausedCount: (count) => plural(count, { other: '# 个已暂停' }),
  resume: '恢复',
  resumeOne: (name) => `恢复 ${name}`,
  resumeAll: '全部恢复',
  dismiss: '忽略',
  dismissOne: (name) => `忽略 ${name}`,
  dismissAll: '全部忽略',
  dismissed: (count) => plural(count, { other: '已忽略 # 项' }),
  runNotResumed: '运行未恢复',
  studyNotResumed: '研究未恢复',
  quitDuring: 'CoTo Studio 在此运行期间退出了。',
  notStarted: '未开始',
  step: (step, total) =>
    total === null ? `第 ${formatCount(step)} 步` : `第 ${formatCount(step)} 步，共 ${formatCount(total)} 步`,

  checklist: {
    title: '开始使用',
    note: '使用内置的模型和数据，可离线运行',
    progress: (done, all) => `已完成 ${done} / ${all}`,
    allDone: '全部完成。',
    done: '已完成：',
    running: '正在运行…',
    demo: {
      title: '运行演示研究',
      text: '用两个种子训练使用和不使用 CoTo 的 LoRA，然后对适配器进行合并、插值和剪枝，并写出报告。在双核上，快速版至多一分钟，完整版视硬件需三到二十分钟。',
    },
    report: {
      title: '查看报告',
      text: '一个文件，包含比较及其图、设置和哈希。在此打开。',
      action: '打开报告',
      none: '演示完成后可用。',
    },
    data: {
      title: '添加数据',
      text: '文本文件（CSV、JSONL、Parquet 等），或每个类别一个图像文件夹的文件夹。',
      action: '添加数据集',
    },
    model: {
      title: '添加模型',
      text: 'Hugging Face 模型文件夹、GGUF 文件，或从 Hub 下载。',
      action: '添加模型',
    },
    merge: {
      title: '进行首次合并',
      text: '将同一基座的两个适配器拖到工作台上，然后按“合并”。',
      action: '打开合并',
    },
  },

  demo: {
    title: '演示研究',
    note: '内置的基座和数据',
    text: '使用和不使用 CoTo 的 LoRA，各两个种子，随后合并和剪枝，并附报告。',
    length: '演示研究的长度',
    quick: '快速',
    full: '完整',
    start: '开始演示研究',
    notStarted: '演示研究未开始',
    queued: '演示研究已排队',
    contents: (runs, studies) => `${runsOf(runs)}和 ${studiesOf(studies)}`,
  },

  findings: {
    title: '演示已完成',
    metric: '指标',
    difference: '差值',
    note: (pairs) =>
      pairs < 2 ? '差值：使用 CoTo 减去不使用。' : '差值：使用 CoTo 减去不使用，按种子配对；± 为 95% 区间的一半。',
    open: '打开报告',
  },

  goOn: {
    title: '继续',
    report: '上次的报告',
    comparison: '上次的比较',
    comparedRuns: (count) => runsOf(count),
    bench: '合并工作台',
    adapters: (count) => adaptersOf(count),
  },

  machine: {
    title: '本机',
    settings: '设置',
    backend: '计算后端',
    memory: '内存',
    gpuMemory: 'GPU 显存',
    gpuHelp: (name) => `${name}：所有程序占用的显存比例`,
    gpuUtilization: 'GPU 利用率',
    memoryHelp: '后端占用的内存比例',
    of: (used, total) => `${used} / ${total}`,
    storage: '已用存储',
    detecting: '检测中…',
    disk: '可用磁盘',
  },

  recent: { title: '最近的运行', all: '所有运行', label: '最近的运行' },
};
