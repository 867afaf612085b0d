import type { MetricColumn } from '../../../src-shared/domain/runs/run-history.ts';
import type { Log } from '../../logging/log.ts';
import type { EventLog, EventLogOptions } from './event-log.ts';

/**
 * The event files of the runs that are training. They are copies of what the database has: where one cannot be written,
 * it is left, with a line in the log, and the run goes on.
 */
export class EventLogs {
  private readonly logs = new Map<string, EventLog>();
  private readonly log: Log;

  constructor(log: Log) {
    this.log = log;
  }

  async open(runId: string, folder: string, options: EventLogOptions): Promise<void> {
    this.close(runId);
    const { EventLog } = await import('./event-log.ts');
    this.logs.set(runId, new EventLog(folder, options));
    this.flush(runId);
  }

  add(runId: string, columns: readonly MetricColumn[]): void {
    this.attempt(runId, (events) => events.add(columns));
  }

  flush(runId: string): void {
    this.attempt(runId, (events) => events.flush());
  }

  close(runId: string): void {
    this.flush(runId);
    this.logs.delete(runId);
  }

  private attempt(runId: string, act: (events: EventLog) => void): void {
    const events = this.logs.get(runId);
    if (events === undefined) return;
    try {
      act(events);
    } catch (error) {
      this.logs.delete(runId);
      this.log.warn({ err: error, path: events.path }, 'the event file of a run cannot be written');
    }
  }
}
