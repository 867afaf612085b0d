import type { ActivationMasks, MetricColumn } from '../../../src-shared/domain/runs/run-history.ts';
import type { TaskContext } from '../events.ts';

const FLUSH_MILLISECONDS = 100;

/**
 * Buffers metrics and activation masks and sends them as columns, at most ten times a second; checkpoints and evaluations
 * flush the buffer first.
 */
export class MetricRecorder {
  private readonly context: TaskContext;
  private readonly keepsSent: boolean;
  private readonly columns = new Map<string, { steps: number[]; values: number[] }>();
  private masks: Uint8Array[] = [];
  private firstMaskStep = 0;
  private lastFlush = 0;
  /** Records sent since the last checkpoint. */
  private sent: { columns: MetricColumn[]; masks: ActivationMasks[] } = { columns: [], masks: [] };

  /** @param keepsSent whether `takeSent` will be called */
  constructor(context: TaskContext, { keepsSent = false }: { readonly keepsSent?: boolean } = {}) {
    this.context = context;
    this.keepsSent = keepsSent;
  }

  /** Values that are not finite are omitted from curves; they are reported as errors elsewhere. */
  record(step: number, values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      if (!Number.isFinite(value)) continue;
      const column = this.columns.get(name) ?? { steps: [], values: [] };
      column.steps.push(step);
      column.values.push(value);
      this.columns.set(name, column);
    }
  }

  /** All masks of a run have the same length. */
  recordMask(step: number, mask: Uint8Array): void {
    if (this.masks.length === 0) this.firstMaskStep = step;
    this.masks.push(mask);
  }

  /** Sends the buffer if the last time is long enough ago. */
  flushWhenDue(now: number): void {
    if (now - this.lastFlush < FLUSH_MILLISECONDS) return;
    this.lastFlush = now;
    this.flush();
  }

  flush(): void {
    if (this.columns.size > 0) {
      const columns = this.takeColumns();
      if (this.keepsSent) this.sent.columns.push(...columns);
      this.context.emit({ kind: 'metrics', columns });
    }
    const groupCount = this.masks[0]?.length ?? 0;
    if (groupCount > 0) {
      const bytes = new Uint8Array(this.masks.length * groupCount);
      this.masks.forEach((mask, index) => {
        bytes.set(mask, index * groupCount);
      });
      const masks = { firstStep: this.firstMaskStep, groupCount, bytes };
      if (this.keepsSent) this.sent.masks.push(masks);
      this.context.emit({ kind: 'masks', masks });
    }
    this.masks = [];
  }

  /** Takes what was sent since the last call, for the history file of a checkpoint. */
  takeSent(): { readonly columns: readonly MetricColumn[]; readonly masks: readonly ActivationMasks[] } {
    this.flush();
    const { sent } = this;
    this.sent = { columns: [], masks: [] };
    return sent;
  }

  private takeColumns(): MetricColumn[] {
    const columns = [...this.columns].map(([name, { steps, values }]) => ({
      name,
      steps: Int32Array.from(steps),
      values: Float64Array.from(values),
    }));
    this.columns.clear();
    return columns;
  }
}
