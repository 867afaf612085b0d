import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** Time and memory of a request. */
export interface Taken {
  /** Processor time of the backend's own process. */
  readonly backendSeconds: number;
  /** Processor time of its child processes. */
  readonly readerSeconds: number;
  /** The most processor time of the backend's main thread for which a small request of the window had to wait. */
  readonly blockedSeconds: number;
  readonly backendBytes: number;
  readonly readerBytes: number;
}

/** Looks at a backend's process and at those below it, from /proc. */
export class ProcessWatch {
  private readonly backend: number;
  private readonly timer: NodeJS.Timeout;
  private readonly before: { readonly own: number; readonly below: number };
  private readonly belowBefore: ReadonlyMap<number, number>;
  private readerBytes = 0;
  private blockedSeconds = 0;
  private isOver = false;
  private readonly pings: Promise<void>;

  /** @param ping is a request that is answered at once by a backend that is not blocked */
  constructor(backend: number, ping: () => Promise<unknown>) {
    this.backend = backend;
    // The peak of the resident memory begins anew.
    for (const id of [backend, ...childrenOf(backend)]) resetPeak(id);
    this.before = timesOf(backend);
    this.belowBefore = new Map(childrenOf(backend).map((id) => [id, timesOf(id).own]));
    this.timer = setInterval(() => this.look(), 20);
    this.pings = this.keepPinging(ping);
    // A failed ping is reported by `end`.
    this.pings.catch(() => undefined);
  }

  private async keepPinging(ping: () => Promise<unknown>): Promise<void> {
    while (!this.isOver) {
      const before = mainThreadSeconds(this.backend);
      await ping();
      this.blockedSeconds = Math.max(this.blockedSeconds, mainThreadSeconds(this.backend) - before);
      await wait(50);
    }
  }

  private look(): void {
    for (const id of childrenOf(this.backend)) this.readerBytes = Math.max(this.readerBytes, peakOf(id));
  }

  async end(): Promise<Taken> {
    clearInterval(this.timer);
    this.isOver = true;
    await this.pings;
    this.look();
    const now = timesOf(this.backend);
    // Ended processes count with their parent; those that go on by themselves.
    let below = now.below - this.before.below;
    for (const id of childrenOf(this.backend)) below += timesOf(id).own;
    for (const [, own] of this.belowBefore) below -= own;
    return {
      backendSeconds: now.own - this.before.own,
      readerSeconds: Math.max(0, below),
      blockedSeconds: this.blockedSeconds,
      backendBytes: peakOf(this.backend),
      readerBytes: this.readerBytes,
    };
  }
}

function childrenOf(id: number): number[] {
  try {
    return readdirSync(`/proc/${id}/task`).flatMap((thread) =>
      readFileSync(`/proc/${id}/task/${thread}/children`, 'utf8')
        .split(' ')
        .filter((text) => text.trim() !== '')
        .map(Number),
    );
  } catch {
    return [];
  }
}

function peakOf(id: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function resetPeak(id: number): void {
  try {
    writeFileSync(`/proc/${id}/clear_refs`, '5');
  } catch {
    // The process has ended, or the system forbids a reset: the peak then covers its whole life.
  }
}

/** Seconds of processor time, in hundredths: its own, and of the children that have ended. */
function timesOf(id: number): { own: number; below: number } {
  const fields = statOf(`/proc/${id}/stat`);
  const sum = (from: number) => ((fields[from] ?? 0) + (fields[from + 1] ?? 0)) / 100;
  return { own: sum(11), below: sum(13) };
}

function mainThreadSeconds(id: number): number {
  const fields = statOf(`/proc/${id}/task/${id}/stat`);
  return ((fields[11] ?? 0) + (fields[12] ?? 0)) / 100;
}

/** The fields after the name; none of a process that has ended. */
function statOf(path: string): number[] {
  try {
    return readFileSync(path, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number);
  } catch {
    return [];
  }
}
