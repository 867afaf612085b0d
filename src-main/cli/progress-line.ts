import type { JobProgress } from '../../src-shared/domain/jobs/job-progress.ts';
import { formatCount, formatDuration } from './format.ts';
import { clearLine, type Terminal } from './terminal.ts';

const barWidth = 20;
/** Lines of a log are at least this far apart, if they report the same job. */
const quietMilliseconds = 5000;
/** A log has a line at least this often, so that a job that is slow can be told from one that hangs. */
const longestMilliseconds = 300_000;

/**
 * Progress on standard error. A terminal has one line, which is overwritten. A log has a line for each tenth of a phase; without
 * a known total, the time from line to line doubles.
 */
export class ProgressLine {
  private readonly terminal: Terminal;
  private readonly now: () => number;
  private shown = '';
  private prefix: string | null = null;
  private loggedAt = Number.NEGATIVE_INFINITY;
  /** Number of the last logged step of each phase, so that a phase that returns is not logged again. */
  private readonly logged = new Map<string, number>();
  /** Progress to log once the output has been quiet for long enough. */
  private later: { progress: JobProgress; text: string; readonly timer: NodeJS.Timeout } | null = null;

  constructor(terminal: Terminal, now: () => number = Date.now) {
    this.terminal = terminal;
    this.now = now;
  }

  /** `prefix` precedes the phase, e.g. "[3/12] "; `suffix` at the end. */
  show(progress: JobProgress, prefix = '', suffix = ''): void {
    if (!this.terminal.showsProgress) return;
    const text = `${prefix}${describeProgress(progress)}${suffix}`;
    if (this.terminal.rewrites) {
      const fitting = [...text].slice(0, Math.max(10, this.terminal.columns - 1)).join('');
      if (fitting !== this.shown) this.terminal.report(`${clearLine}${fitting}`);
      this.shown = fitting;
      return;
    }
    if (prefix !== this.prefix) {
      this.prefix = prefix;
      this.logged.clear();
      this.log(progress, text);
      return;
    }
    const wait = this.waitFor(progress) - (this.now() - this.loggedAt);
    this.forgetLater();
    if (wait <= 0) this.log(progress, text);
    else this.later = { progress, text, timer: setTimeout(() => this.logLater(), wait).unref() };
  }

  /** A line that stays; --quiet leaves it out. */
  say(text: string): void {
    this.clear();
    this.terminal.note(`${text}\n`);
  }

  clear(): void {
    if (this.shown !== '') this.terminal.report(clearLine);
    this.shown = '';
    this.forgetLater();
  }

  /** Milliseconds between the last line and one about this progress. */
  private waitFor({ phase, done, total }: JobProgress): number {
    const last = this.logged.get(phase);
    if (total > 0) return last === undefined || tenth(done, total) > last ? quietMilliseconds : longestMilliseconds;
    return Math.min(longestMilliseconds, quietMilliseconds * 2 ** (last ?? 0));
  }

  private log(progress: JobProgress, text: string): void {
    const { phase, done, total } = progress;
    this.forgetLater();
    this.loggedAt = this.now();
    const last = this.logged.get(phase) ?? 0;
    this.logged.set(phase, total > 0 ? Math.max(last, tenth(done, total)) : last + 1);
    this.terminal.report(`${text}\n`);
  }

  private logLater(): void {
    if (this.later !== null) this.log(this.later.progress, this.later.text);
  }

  private forgetLater(): void {
    if (this.later !== null) clearTimeout(this.later.timer);
    this.later = null;
  }
}

function tenth(done: number, total: number): number {
  return Math.floor((10 * Math.min(done, total)) / total);
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
