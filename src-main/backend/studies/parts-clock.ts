import type { JobProgress } from '../../../src-shared/domain/job.ts';

/** How far a series of parts is, and how long it will take: each part as long as the mean of its kind so far. */
export class PartsClock {
  private readonly durations = new Map<string, number[]>();
  private done = 0;
  private part: { readonly kind: string; readonly since: number; share: number; left: number | null } | null = null;

  /** Number of finished parts. */
  get finished(): number {
    return this.done;
  }

  /** @param now milliseconds, as in all methods */
  begin(kind: string, now: number): void {
    this.part = { kind, since: now, share: 0, left: null };
  }

  /** Progress of the part. An interlude without a time left, such as an evaluation, does not count. */
  progress({ done, total, etaSeconds }: JobProgress): void {
    if (this.part === null || etaSeconds === null || total === 0) return;
    this.part.share = Math.min(1, done / total);
    this.part.left = etaSeconds;
  }

  end(now: number): void {
    if (this.part === null) return;
    const { kind, since } = this.part;
    this.durations.set(kind, [...(this.durations.get(kind) ?? []), (now - since) / 1000]);
    this.done++;
    this.part = null;
  }

  /** Share of `parts` that is done, and the seconds left; null as long as nothing tells. */
  state(parts: number, now: number): { readonly share: number; readonly etaSeconds: number | null } {
    const { part, done } = this;
    const share = parts === 0 ? 1 : Math.min(1, (done + (part?.share ?? 0)) / parts);
    if (part === null) return { share, etaSeconds: null };
    const elapsed = (now - part.since) / 1000;
    const usual = mean(this.durations.get(part.kind) ?? []);
    const left = part.left ?? (usual === null ? null : Math.max(0, usual - elapsed));
    if (left === null) return { share, etaSeconds: null };
    const each = usual ?? elapsed + left;
    return { share, etaSeconds: left + Math.max(0, parts - done - 1) * each };
  }
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
