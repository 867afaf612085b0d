import type { JobProgress } from '../../../src-shared/domain/jobs/job-progress.ts';

/** Parts that run at once, by the ids of their jobs. */
interface RunningPart {
  readonly kind: string;
  readonly since: number;
  readonly count: number;
  readonly shares: Map<string, number>;
  /** Seconds left of those that have said it. */
  readonly left: Map<string, number>;
}

/** Tracks the progress and the remaining time of a series of parts, assuming the mean duration of each kind so far. */
export class PartsClock {
  private readonly durations = new Map<string, number[]>();
  private done = 0;
  private part: RunningPart | null = null;

  /** Number of finished parts. */
  get finished(): number {
    return this.done;
  }

  /**
   * @param now milliseconds, as in all methods
   * @param count of parts that run at once
   */
  begin(kind: string, now: number, count = 1): void {
    this.part = { kind, since: now, count, shares: new Map(), left: new Map() };
  }

  /** Progress of a part. An interlude without a time left, such as an evaluation, does not count. */
  progress({ done, total, etaSeconds }: JobProgress, id = ''): void {
    if (this.part === null || etaSeconds === null || total === 0) return;
    this.part.shares.set(id, Math.min(1, done / total));
    this.part.left.set(id, etaSeconds);
  }

  /** One of several parts that run at once has ended. */
  ended(id: string): void {
    this.part?.shares.set(id, 1);
    this.part?.left.delete(id);
  }

  end(now: number): void {
    if (this.part === null) return;
    const { kind, since, count } = this.part;
    this.durations.set(kind, [...(this.durations.get(kind) ?? []), (now - since) / 1000 / count]);
    this.done += count;
    this.part = null;
  }

  /** Share of `parts` that is done, and the seconds left; null as long as nothing tells. */
  state(parts: number, now: number): { readonly share: number; readonly etaSeconds: number | null } {
    const { part, done } = this;
    const begun = sum([...(part?.shares.values() ?? [])]);
    const share = parts === 0 ? 1 : Math.min(1, (done + begun) / parts);
    if (part === null) return { share, etaSeconds: null };
    const { count, shares } = part;
    const elapsed = (now - part.since) / 1000;
    const usual = mean(this.durations.get(part.kind) ?? []);
    const left = leftOf(part, elapsed) ?? (usual === null ? null : Math.max(0, count * usual - elapsed));
    if (left === null) return { share, etaSeconds: null };
    const each = usual ?? (elapsed + left) / Math.max(1, shares.size);
    const after = Math.max(0, parts - done - count);
    return { share, etaSeconds: left + after * each };
  }
}

/** Among parallel parts, those that wait for memory are assumed to take as long as the running ones. */
function leftOf({ count, shares, left }: RunningPart, elapsed: number): number | null {
  if (left.size === 0) return null;
  const longest = Math.max(...left.values());
  return longest + ((count - shares.size) / shares.size) * (elapsed + longest);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : sum(values) / values.length;
}
