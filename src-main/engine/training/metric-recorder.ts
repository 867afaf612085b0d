import type { MetricRow } from '../../../src-shared/domain/run.ts';
import type { TaskContext } from '../contract.ts';

const FLUSH_MILLISECONDS = 100;

/** Collects metric rows and activation masks and sends them on at most ten times a second. */
export class MetricRecorder {
  private readonly context: TaskContext;
  private readonly groupCount: number;
  private rows: MetricRow[] = [];
  private masks: Uint8Array[] = [];
  private firstMaskStep = 0;
  private lastFlush = 0;

  /** @param groupCount number of CoTo groups: the length of each mask. */
  constructor(context: TaskContext, groupCount: number) {
    this.context = context;
    this.groupCount = groupCount;
  }

  /** Values that are no number or infinite have no place in a curve and are left out; what they mean is said elsewhere. */
  record(step: number, values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values))
      if (Number.isFinite(value)) this.rows.push({ name, step, value });
  }

  recordMask(step: number, mask: Uint8Array): void {
    if (this.masks.length === 0) this.firstMaskStep = step;
    this.masks.push(mask);
  }

  /** Sends what is waiting if the last sending is long enough ago. */
  flushWhenDue(now: number): void {
    if (now - this.lastFlush < FLUSH_MILLISECONDS) return;
    this.lastFlush = now;
    this.flush();
  }

  flush(): void {
    if (this.rows.length > 0) this.context.emit({ kind: 'metrics', rows: this.rows });
    if (this.masks.length > 0) {
      const bytes = new Uint8Array(this.masks.length * this.groupCount);
      this.masks.forEach((mask, index) => {
        bytes.set(mask, index * this.groupCount);
      });
      this.context.emit({
        kind: 'masks',
        masks: { firstStep: this.firstMaskStep, groupCount: this.groupCount, bytes },
      });
    }
    this.rows = [];
    this.masks = [];
  }
}
