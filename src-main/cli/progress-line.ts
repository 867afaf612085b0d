import type { JobProgress } from '../../src-shared/domain/jobs/job-progress.ts';
import { formatCount, formatDuration } from './format.ts';
import { clearLine, type Terminal } from './terminal.ts';

const barWidth = 20;
/** Between two lines where a line cannot be written over. */
const quietMilliseconds = 5000;

/** Progress on standard error: one line that is overwritten, or in a log one every few seconds. */
export class ProgressLine {
  private readonly terminal: Terminal;
  private readonly now: () => number;
  private shown = '';
  private prefix: string | null = null;
  private saidAt = Number.NEGATIVE_INFINITY;
  /** Text to log once the output has been quiet for long enough. */
  private later: { text: string; readonly timer: NodeJS.Timeout } | null = null;

  constructor(terminal: Terminal, now: () => number = Date.now) {
    this.terminal = terminal;
    this.now = now;
  }

  /** `prefix` precedes the phase, e.g. "[3/12] "; `suffix` at the end. */
  show(progress: JobProgress, prefix = '', suffix = ''): void {
    const text = `${prefix}${describeProgress(progress)}${suffix}`;
    if (this.terminal.rewrites) {
      const fitting = [...text].slice(0, Math.max(10, this.terminal.columns - 1)).join('');
      if (fitting !== this.shown) this.terminal.report(`${clearLine}${fitting}`);
      this.shown = fitting;
      return;
    }
    const quiet = this.now() - this.saidAt;
    if (prefix === this.prefix && quiet < quietMilliseconds) {
      if (this.later !== null) this.later.text = text;
      else this.later = { text, timer: setTimeout(() => this.sayLater(), quietMilliseconds - quiet).unref() };
      return;
    }
    this.prefix = prefix;
    this.log(text);
  }

  /** A line that stays. */
  say(text: string): void {
    this.clear();
    this.terminal.report(`${text}\n`);
  }

  clear(): void {
    if (this.shown !== '') this.terminal.report(clearLine);
    this.shown = '';
    this.forgetLater();
  }

  private log(text: string): void {
    this.forgetLater();
    this.saidAt = this.now();
    this.terminal.report(`${text}\n`);
  }

  private sayLater(): void {
    if (this.later !== null) this.log(this.later.text);
  }

  private forgetLater(): void {
    if (this.later !== null) clearTimeout(this.later.timer);
    this.later = null;
  }
}

/** "Training  ████░░░░  120/300 steps  8.1/s  22 s left"; without a known total "Tokenizing  1,500 documents". */
export function describeProgress({ phase, done, total, unit, perSecond, etaSeconds }: JobProgress): string {
  const full = total > 0 ? Math.round(Math.min(1, done / total) * barWidth) : 0;
  const parts = [
    phase,
    ...(total > 0
      ? ['█'.repeat(full) + '░'.repeat(barWidth - full), `${formatCount(done)}/${formatCount(total)} ${unit}`]
      : [`${formatCount(done)} ${unit}`]),
    ...(perSecond === null ? [] : [`${perSecond.toPrecision(3)}/s`]),
    ...(etaSeconds === null ? [] : [`${formatDuration(etaSeconds)} left`]),
  ];
  return parts.join('  ');
}
