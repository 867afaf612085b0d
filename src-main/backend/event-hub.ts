import type { EventName, EventPayload } from '../../src-shared/contract/events.ts';
import type { TextPiece } from '../../src-shared/domain/generation.ts';
import type { JobRecord } from '../../src-shared/domain/job.ts';
import type { ActivationMasks, MetricRow, RunRecord } from '../../src-shared/domain/run.ts';
import { type Log, silentLog } from '../logging/log.ts';

export type EventListener = <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void;
export type ListName = EventPayload<'list.changed'>['list'];

/** Ten times a second at most. */
const flushMilliseconds = 100;

/**
 * Tells every subscriber what changed. Changes are gathered for a tenth of a second: of a job or a run only its newest
 * state is sent, metrics and masks of a run go in one message, and a list is named once. Notifications go at once.
 */
export class EventHub {
  private readonly log: Log;
  private readonly listeners = new Set<EventListener>();
  private readonly jobs = new Map<string, JobRecord>();
  private readonly runs = new Map<string, RunRecord>();
  private readonly metrics = new Map<string, MetricRow[]>();
  private readonly masks = new Map<string, ActivationMasks[]>();
  private readonly lists = new Set<ListName>();
  private timer: NodeJS.Timeout | null = null;

  constructor(log: Log = silentLog) {
    this.log = log;
  }

  subscribe(listener: EventListener): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  jobChanged(job: JobRecord): void {
    this.jobs.set(job.id, job);
    this.schedule();
  }

  runChanged(run: RunRecord): void {
    this.runs.set(run.id, run);
    this.schedule();
  }

  metricsAdded(runId: string, rows: readonly MetricRow[]): void {
    const waiting = this.metrics.get(runId) ?? [];
    waiting.push(...rows);
    this.metrics.set(runId, waiting);
    this.schedule();
  }

  masksAdded(runId: string, masks: ActivationMasks): void {
    const waiting = this.masks.get(runId) ?? [];
    waiting.push(masks);
    this.masks.set(runId, waiting);
    this.schedule();
  }

  /** The engine gathers them already. */
  textAdded(jobId: string, pieces: TextPiece[]): void {
    this.send('generation.text', { jobId, pieces });
  }

  listChanged(list: ListName): void {
    this.lists.add(list);
    this.schedule();
  }

  notify(notification: EventPayload<'notification'>): void {
    const { level, title, message } = notification;
    if (level === 'warning') this.log.warn({ message }, title);
    this.send('notification', notification);
  }

  /** Sends what waits. */
  flush(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    for (const [runId, rows] of drain(this.metrics)) this.send('run.metrics', { runId, rows });
    for (const [runId, parts] of drain(this.masks))
      for (const masks of joinMasks(parts)) this.send('run.masks', { runId, masks });
    for (const [, run] of drain(this.runs)) this.send('run.changed', run);
    for (const [, job] of drain(this.jobs)) this.send('job.changed', job);
    const lists = [...this.lists];
    this.lists.clear();
    for (const list of lists) this.send('list.changed', { list });
  }

  close(): void {
    this.flush();
    this.listeners.clear();
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => this.flush(), flushMilliseconds);
  }

  private send<Name extends EventName>(name: Name, payload: EventPayload<Name>): void {
    for (const listener of [...this.listeners]) {
      try {
        listener(name, payload);
      } catch (error) {
        this.log.error({ err: error, event: name }, 'a subscriber failed on an event');
      }
    }
  }
}

function drain<Value>(map: Map<string, Value>): [string, Value][] {
  const entries = [...map];
  map.clear();
  return entries;
}

/** Joins parts that follow one another without a gap. */
export function joinMasks(parts: readonly ActivationMasks[]): ActivationMasks[] {
  const joined: { firstStep: number; groupCount: number; parts: Uint8Array[]; length: number }[] = [];
  for (const part of parts) {
    const open = joined.at(-1);
    if (
      open &&
      open.groupCount === part.groupCount &&
      open.firstStep + open.length / open.groupCount === part.firstStep
    ) {
      open.parts.push(part.bytes);
      open.length += part.bytes.length;
    } else
      joined.push({
        firstStep: part.firstStep,
        groupCount: part.groupCount,
        parts: [part.bytes],
        length: part.bytes.length,
      });
  }
  return joined.map((open) => {
    const bytes = new Uint8Array(open.length);
    let offset = 0;
    for (const part of open.parts) {
      bytes.set(part, offset);
      offset += part.length;
    }
    return { firstStep: open.firstStep, groupCount: open.groupCount, bytes };
  });
}
