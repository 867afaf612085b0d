import type { EventPayload } from '../../../../src-shared/contract/events.ts';
import type { RequestOutput } from '../../../../src-shared/contract/requests.ts';
import { GrowingCurve } from '../../../../src-shared/curves/growing-curve.ts';
import { GrowingShares } from '../../../../src-shared/curves/growing-shares.ts';
import type { ActivationShares, Curve } from '../../../../src-shared/domain/runs/run-history.ts';
import { onConnection, onEvent, request } from '../../../api/client.ts';

/** Curves and runs of a query; see the request `runs.history`. */
export interface HistoryQuery {
  readonly ids: readonly string[];
  readonly metrics: readonly string[];
  readonly masks: boolean;
  readonly from: number | null;
  readonly to: number | null;
  readonly buckets: number;
}

export interface RunHistory {
  /** By metric: those that have a value. */
  readonly curves: ReadonlyMap<string, Curve>;
  readonly masks: ActivationShares | null;
}

/** Known history at one moment. Its columns are buffers that keep growing: read them at once. */
export interface HistorySnapshot {
  readonly query: HistoryQuery;
  readonly runs: ReadonlyMap<string, RunHistory>;
}

interface GrowingHistory {
  readonly curves: Map<string, GrowingCurve>;
  masks: GrowingShares | null;
}

/** Live figures change four times a second at most, however often their data grow. */
const publishMilliseconds = 250;
/** Delay of updates that only grow the last bucket of each curve, by less than a pixel. */
const unseenMilliseconds = 2000;

/**
 * Curves of some runs: asked for in one request, then grown in place by the events of those runs. Each listener is told of a
 * new snapshot when it was loaded, and of growth at most four times a second; where no curve has a new point, which a long run
 * seldom has, once in two seconds.
 */
export class HistoryFeed {
  private readonly query: HistoryQuery;
  private readonly onSnapshot: (snapshot: HistorySnapshot) => void;
  private readonly stops: (() => void)[] = [];
  private runs = new Map<string, GrowingHistory>();
  /** Events that came while an answer was awaited: it may hold them already, or not yet. Null while none is awaited. */
  private waiting: (() => void)[] | null = null;
  private turn = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private publishedAt = Number.NEGATIVE_INFINITY;
  private dueAt = Number.POSITIVE_INFINITY;

  constructor(query: HistoryQuery, onSnapshot: (snapshot: HistorySnapshot) => void) {
    this.query = query;
    this.onSnapshot = onSnapshot;
  }

  start(): void {
    const has = (runId: string): boolean => this.query.ids.includes(runId);
    this.stops.push(
      onEvent('run.metrics', (grown) => {
        if (has(grown.runId)) this.take(() => this.addMetrics(grown));
      }),
      onEvent('run.masks', (grown) => {
        if (this.query.masks && has(grown.runId)) this.take(() => this.addMasks(grown));
      }),
      onEvent('run.restarted', ({ runId }) => {
        if (has(runId)) void this.load();
      }),
      onConnection((connected) => {
        if (connected) void this.load();
      }),
    );
    void this.load();
  }

  stop(): void {
    this.turn++;
    for (const stop of this.stops.splice(0)) stop();
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private async load(): Promise<void> {
    const turn = ++this.turn;
    this.waiting = [];
    const { ids, metrics, ...rest } = this.query;
    let answer: RequestOutput<'runs.history'>;
    try {
      answer = await request('runs.history', { ids: [...ids], metrics: [...metrics], ...rest });
    } catch {
      // The run is gone or the backend is: the page shows that itself, and a new connection asks again.
      return;
    }
    if (turn !== this.turn) return;
    const { buckets } = this.query;
    this.runs = new Map(
      answer.map(({ id, curves, masks }) => [
        id,
        {
          curves: new Map(curves.map((curve) => [curve.metric, new GrowingCurve(curve.metric, buckets, curve)])),
          masks: masks === null ? null : new GrowingShares(masks.groupCount, buckets, masks),
        },
      ]),
    );
    const waiting = this.waiting;
    this.waiting = null;
    for (const add of waiting) add();
    this.publish();
  }

  /** Adds what an event brought, at once or when the answer that is awaited is there. */
  private take(add: () => boolean): void {
    if (this.waiting !== null) {
      // Values that the answer already contains are at or before its last step and are not added again.
      this.waiting.push(add);
      return;
    }
    const before = this.extent();
    if (!add()) {
      // Steps that were taken already are taken again: what is known of them is not true any more.
      void this.load();
      return;
    }
    this.publishLater(this.extent() === before ? unseenMilliseconds : publishMilliseconds);
  }

  private extent(): number {
    let sum = 0;
    for (const { curves, masks } of this.runs.values()) {
      sum += masks?.extent ?? 0;
      for (const curve of curves.values()) sum += curve.extent;
    }
    return sum;
  }

  private publishLater(delay: number): void {
    const now = Date.now();
    const due = Math.max(now, this.publishedAt + delay);
    if (this.timer !== null && this.dueAt <= due) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.dueAt = due;
    this.timer = setTimeout(() => this.publish(), due - now);
  }

  /** false: some step was not after the last known one. */
  private addMetrics({ runId, columns }: EventPayload<'run.metrics'>): boolean {
    const { metrics, buckets } = this.query;
    const from = this.query.from ?? 0;
    const to = this.query.to ?? Number.POSITIVE_INFINITY;
    const { curves } = this.historyOf(runId);
    let inOrder = true;
    for (const { name, steps, values } of columns) {
      if (!metrics.some((metric) => (metric.endsWith('/') ? name.startsWith(metric) : name === metric))) continue;
      const curve = curves.get(name) ?? new GrowingCurve(name, buckets);
      curves.set(name, curve);
      for (let index = 0; index < steps.length; index++) {
        const step = steps[index] ?? 0;
        if (step >= from && step <= to) inOrder = curve.add(step, values[index] ?? 0) && inOrder;
      }
    }
    return inOrder;
  }

  private addMasks({ runId, masks }: EventPayload<'run.masks'>): boolean {
    if (masks.groupCount === 0) return true;
    const history = this.historyOf(runId);
    history.masks ??= new GrowingShares(masks.groupCount, this.query.buckets);
    return history.masks.add(masks);
  }

  private historyOf(runId: string): GrowingHistory {
    const known = this.runs.get(runId) ?? { curves: new Map<string, GrowingCurve>(), masks: null };
    this.runs.set(runId, known);
    return known;
  }

  private publish(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.publishedAt = Date.now();
    const runs = new Map<string, RunHistory>();
    for (const [id, { curves, masks }] of this.runs) {
      const views = [...curves].map(([name, curve]) => [name, curve.view()] as const);
      runs.set(id, {
        curves: new Map(views.filter(([, view]) => view.counts.length > 0)),
        masks: masks?.view() ?? null,
      });
    }
    this.onSnapshot({ query: this.query, runs });
  }
}
