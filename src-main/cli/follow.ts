import { StudioError } from '../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../src-shared/contract/studio-client.ts';
import {
  isOver,
  type JobKind,
  type JobRecord,
  type JobResult,
  jobError,
  resultOf,
} from '../../src-shared/domain/jobs/job.ts';
import { ProgressLine } from './progress-line.ts';
import type { Terminal } from './terminal.ts';

export interface FollowOptions {
  /** Runs at the first Ctrl+C; a second one ends the command. */
  interrupt(running: JobRecord): Promise<unknown>;
  /** Said when it was asked. */
  readonly interruptText: string;
  prefix?(job: JobRecord): string;
  suffix?(job: JobRecord): string;
  /** Called for every job when it ends. */
  ended?(job: JobRecord, line: ProgressLine): void;
}

/**
 * Shows the progress of jobs until all of them have ended, or none can go on (one was paused or interrupted).
 * Throws StudioError('cancelled') at a second Ctrl+C.
 */
export async function followJobs(
  client: StudioClient,
  jobs: readonly JobRecord[],
  terminal: Terminal,
  options: FollowOptions,
): Promise<Map<string, JobRecord>> {
  const line = new ProgressLine(terminal);
  const latest = new Map(jobs.map((job) => [job.id, job]));
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const told = new Set<string>();

  const take = (job: JobRecord): void => {
    if (!latest.has(job.id)) return;
    latest.set(job.id, job);
    if (job.status === 'running' && job.progress !== null)
      line.show(job.progress, options.prefix?.(job) ?? '', options.suffix?.(job) ?? '');
    if (isOver(job) && !told.has(job.id)) {
      told.add(job.id);
      line.clear();
      options.ended?.(job, line);
    }
    if ([...latest.values()].every(isOver) || job.status === 'paused' || job.status === 'interrupted') resolve();
  };

  let interrupts = 0;
  const stopListening = terminal.onInterrupt(() => {
    interrupts++;
    const running = [...latest.values()].find((job) => job.status === 'running');
    if (interrupts > 1 || running === undefined) {
      reject(new StudioError('cancelled', 'Interrupted.', 'Finished work is kept.'));
      return;
    }
    line.clear();
    terminal.report(`${options.interruptText}\n`);
    options.interrupt(running).catch(reject);
  });
  const stopWatching = client.on('job.changed', take);
  try {
    // Catches up on events before the listener existed.
    for (const job of jobs) take(await client.request('jobs.get', { id: job.id }));
    await promise;
  } finally {
    stopWatching();
    stopListening();
    line.clear();
  }
  return latest;
}

/** Follows one job. Ctrl+C cancels it, or does what `interrupt` says. Throws the error with which the job failed. */
export async function followJob(
  client: StudioClient,
  job: JobRecord,
  terminal: Terminal,
  interrupt: Pick<FollowOptions, 'interrupt' | 'interruptText'> = {
    interrupt: (running) => client.request('jobs.cancel', { id: running.id }),
    interruptText: 'Cancelling …',
  },
): Promise<JobRecord> {
  const ended = (await followJobs(client, [job], terminal, interrupt)).get(job.id) ?? job;
  if (ended.status === 'failed' || ended.status === 'interrupted') throw jobError(ended);
  if (ended.status === 'cancelled') throw new StudioError('cancelled', `${ended.title}: cancelled.`);
  return ended;
}

/** The result of a job of the kind. @throws StudioError internal where it kept nothing, or is of another kind */
export async function jobResult<Kind extends JobKind>(
  client: StudioClient,
  { id, title }: JobRecord,
  kind: Kind,
): Promise<JobResult<Kind>> {
  const result = resultOf(await client.request('jobs.result', { id }), kind);
  if (result !== null) return result;
  throw new StudioError('internal', `The job "${title}" left no result.`);
}
