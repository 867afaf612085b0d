import type { EventName, EventPayload } from '../../../src-shared/contract/events.ts';
import type { TextPiece } from '../../../src-shared/domain/generation/generation.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { ActivationMasks, MetricColumn } from '../../../src-shared/domain/runs/run-history.ts';
import { type Log, silentLog } from '../../logging/log.ts';

export type EventListener = <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void;
export type ListName = EventPayload<'list.changed'>['list'];

/** Ten times a second at most. */
const flushMilliseconds = 100;

/**
 * Sends changes to every subscriber. Changes are batched for a tenth of a second: only the newest state of a job or
 * run is sent, and each list once. Notifications are sent at once, as are the metrics, masks and text that the engine
 * has batched already.
 */
export class EventHub {
  private readonly log: Log;
  private readonly listeners = new Set<EventListener>();
  private readonly jobs = new Map<string, JobRecord>();
  private readonly runs = new Map<string, RunRecord>();
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

  metricsAdded(runId: string, columns: MetricColumn[]): void {
    this.send('run.metrics', { runId, columns });
  }

  masksAdded(runId: string, masks: ActivationMasks): void {
    this.send('run.masks', { runId, masks });
  }

  runRestarted(runId: string, step: number): void {
    this.send('run.restarted', { runId, step });
  }

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

  /** Sends the pending changes. */
  flush(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
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
