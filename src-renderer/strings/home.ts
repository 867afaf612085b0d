import { formatCount, plural } from '../components/format/format.ts';

/** The window's words on Home. */
export const homeStrings = {
  title: 'Home',
  summary: (runs: number, studies: number) =>
    [plural(runs, 'run'), ...(studies > 0 ? [plural(studies, 'study', 'studies')] : [])].join(', '),
  tryAgain: 'Try again',

  now: 'Now',
  nothing: 'Nothing running.',
  startRun: 'Set up a run',
  starting: 'Starting',
  cancel: 'Cancel',
  cancelJob: (title: string) => `Cancel ${title}`,
  progressOf: (title: string) => `Progress of ${title}`,
  liveLoss: 'Training loss of the running job',
  liveStrip: 'Active layers of the running job',
  queue: 'Queue',
  queued: (count: number) => plural(count, 'job'),
  left: (duration: string) => `about ${duration} in all`,
  partsOfStudies: (count: number) => `and ${plural(count, 'part')} of studies`,
  more: (count: number) => `and ${formatCount(count)} more`,
  pauseQueue: 'Pause queue',
  resumeQueue: 'Resume queue',
  pauseHelp: 'The running job continues. No further training or study starts until you resume the queue.',
  move: (title: string) => `Move ${title}`,
  moveHelp: 'Drag, or press the up and down arrow keys, to change the order',

  away: 'Since you were away',
  attention: 'Needs attention',
  finishedCount: (count: number) => `${formatCount(count)} finished`,
  interruptedCount: (count: number) => `${formatCount(count)} interrupted`,
  failedCount: (count: number) => `${formatCount(count)} failed`,
  pausedByQuitting: (count: number) => `${plural(count, 'run was', 'runs were')} paused when you quit`,
  pausedCount: (count: number) => `${formatCount(count)} paused`,
  resume: 'Resume',
  resumeOne: (name: string) => `Resume ${name}`,
  resumeAll: 'Resume all',
  dismiss: 'Dismiss',
  dismissOne: (name: string) => `Dismiss ${name}`,
  dismissAll: 'Dismiss all',
  dismissed: (count: number) => `${plural(count, 'entry', 'entries')} dismissed`,
  runNotResumed: 'The run was not resumed',
  studyNotResumed: 'The study was not resumed',
  quitDuring: 'CoTo Studio quit during this run.',
  notStarted: 'not started',
  step: (step: number, total: number | null) =>
    total === null ? `step ${formatCount(step)}` : `step ${formatCount(step)} of ${formatCount(total)}`,

  checklist: {
    title: 'Get started',
    note: 'works offline with the bundled model and data',
    progress: (done: number, all: number) => `${done} of ${all} done`,
    allDone: 'All done.',
    done: 'Done:',
    running: 'Running…',
    demo: {
      title: 'Run the demo study',
      text: 'Trains LoRA with and without CoTo on two seeds, then merges, interpolates and prunes the adapters and writes a report. Quick takes up to a minute on two cores, full three to twenty minutes, depending on hardware.',
    },
    report: {
      title: 'See the report',
      text: 'One file with the comparison, its figures, settings and hashes. It opens here.',
      action: 'Open report',
      none: 'Available after the demo.',
    },
    data: {
      title: 'Add your data',
      text: 'A text file (CSV, JSONL, Parquet …), or a folder with one folder of images for each class.',
      action: 'Add a dataset',
    },
    model: {
      title: 'Add your model',
      text: 'A Hugging Face model folder, a GGUF file, or a download from the hub.',
      action: 'Add a model',
    },
    merge: {
      title: 'Make your first merge',
      text: 'Drag two adapters of one base onto the bench and press Merge.',
      action: 'Open Merge',
    },
  },

  demo: {
    title: 'Demo study',
    note: 'bundled base and data',
    text: 'LoRA with and without CoTo, two seeds each, then merged and pruned, with a report.',
    length: 'Length of the demo study',
    quick: 'Quick',
    full: 'Full',
    start: 'Start the demo study',
    notStarted: 'The demo study did not start',
    queued: 'Demo study queued',
    contents: (runs: number, studies: number) => `${plural(runs, 'run')} and ${plural(studies, 'study', 'studies')}`,
  },

  findings: {
    title: 'The demo is done',
    metric: 'Metric',
    difference: 'Difference',
    note: (pairs: number) =>
      pairs < 2
        ? 'Difference: with CoTo minus without.'
        : 'Difference: with CoTo minus without, paired by seed; ± is half the 95 % interval.',
    open: 'Open report',
  },

  goOn: {
    title: 'Continue',
    report: 'Last report',
    comparison: 'Last comparison',
    comparedRuns: (count: number) => plural(count, 'run'),
    bench: 'Merge bench',
    adapters: (count: number) => plural(count, 'adapter'),
  },

  machine: {
    title: 'This machine',
    settings: 'Settings',
    backend: 'Compute backend',
    memory: 'Memory',
    gpuMemory: 'GPU memory',
    gpuHelp: (name: string) => `${name}: share of its memory used by all programs`,
    gpuUtilization: 'GPU utilization',
    memoryHelp: 'Share of memory used by the backend',
    of: (used: string, total: string) => `${used} of ${total}`,
    storage: 'Storage used',
    detecting: 'detecting…',
    disk: 'Disk free',
  },

  recent: {
    title: 'Recent runs',
    all: 'All runs',
    label: 'Recent runs',
    columns: { name: 'Run', score: 'Score', step: 'Step', finished: 'Finished' },
    withCoto: 'with CoTo',
    scoreHelp: 'Accuracy; of language models exact match or perplexity',
    stepHelp: 'Median wall-clock time of an optimizer step',
  },
  jobNotStopped: 'The run was not stopped',
  jobNotMoved: 'The job was not moved',
  queueNotChanged: 'The queue was not changed',
  cancelEndsAtOnce: 'It ends at once, and nothing is saved.',
} as const;
