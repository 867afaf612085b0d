import { setTimeout as delay } from 'node:timers/promises';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterReference } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import { type JobKind, type JobLane, type JobRecord, jobInfo, jobLanes } from '../../../src-shared/domain/jobs/job.ts';
import { clock } from '../../store/clock.ts';
import type { Services } from '../services/services.ts';
import type { JobContext, JobMember, JobOutcome, TogetherWork } from './job-context.ts';
import { closedError, endingOfThrown, pausedByClosing } from './job-endings.ts';
import type { JobRecords } from './job-records.ts';
import { companionJobs } from './ready-jobs.ts';
import { jobContext, type Running } from './run-on-engine.ts';

/** Content of a lane: one job, or several together. */
interface Current {
  readonly jobs: (Running & { readonly context: JobContext })[];
  /** Ends of the jobs that joined the first one. */
  readonly joined: Set<Promise<void>>;
  done: Promise<void>;
}

/** Work of a kind of job, with the services of request handlers. */
interface LaneJob<Handlers> {
  references(kept: unknown, store: Services['store']): readonly AdapterReference[];
  execute(kept: unknown, context: JobContext, services: Handlers): Promise<JobOutcome>;
  readonly together?: TogetherWork<unknown, unknown, Handlers>;
  joins?(kept: unknown, running: readonly unknown[]): boolean;
}

export interface LaneOptions<Handlers> {
  /** Implementation of each kind of job. */
  jobOf(kind: JobKind): LaneJob<Handlers>;
  /** Throws if the files of an adapter that a job uses differ from those that were added. */
  checkAdapters(references: readonly AdapterReference[]): Promise<void>;
  /** Throws if the files of a base that an engine task uses differ from those that were added. */
  checkBase(directory: string): Promise<void>;
}

interface Parts<Handlers> {
  readonly services: Handlers;
  readonly options: LaneOptions<Handlers>;
  readonly records: JobRecords;
  /** Lists the queued jobs of a lane that could start now, in their order. */
  ready(lane: JobLane): Iterable<JobRecord>;
  isClosing(): boolean;
  /** Called when a lane is free again, or a job in it has ended. */
  onEnded(): void;
  /** Called when a job failed on a full disk. */
  onFullDisk(): void;
}

/** Runs the jobs that the queue starts: in each lane one at a time, or several that run together or join each other. */
export class JobLanes<Handlers extends Services> {
  private readonly parts: Parts<Handlers>;
  private readonly current = new Map<JobLane, Current>();

  constructor(parts: Parts<Handlers>) {
    this.parts = parts;
  }

  running(jobId: string): Running | null {
    return [...this.current.values()].flatMap(({ jobs }) => jobs).find(({ job }) => job.id === jobId) ?? null;
  }

  isBusy(lane: JobLane): boolean {
    return this.current.has(lane);
  }

  /** Resolves when the jobs that run now have ended. */
  async done(): Promise<void> {
    await Promise.all([...this.current.values()].map(({ done }) => done));
  }

  /** Runs a job in a lane that is not busy, with those that can run together with it. */
  start(lane: JobLane, job: JobRecord): void {
    const current: Current = { jobs: [], joined: new Set(), done: Promise.resolve() };
    this.current.set(lane, current);
    current.done = this.perform(job, current).finally(() => {
      this.current.delete(lane);
      this.parts.onEnded();
    });
  }

  /** Returns true if jobs can join those that run in a lane. */
  isJoinable(lane: JobLane): boolean {
    const { options } = this.parts;
    const jobs = this.current.get(lane)?.jobs ?? [];
    return jobs.length > 0 && jobs.every(({ job }) => options.jobOf(job.kind).joins !== undefined);
  }

  /** Runs a job beside those that run in its lane; false if it cannot join them. */
  join(lane: JobLane, job: JobRecord): boolean {
    const { options, services } = this.parts;
    const current = this.current.get(lane);
    const work = options.jobOf(job.kind);
    if (current === undefined || !this.isJoinable(lane)) return false;
    const payload = services.store.jobs.readablePayload(job.id);
    const running = current.jobs.map(({ job: { id } }) => services.store.jobs.readablePayload(id));
    if (current.jobs.some(({ job: { kind } }) => kind !== job.kind) || !work.joins?.(payload, running)) return false;
    const ended = this.performJoined(job, work, payload, current).finally(() => current.joined.delete(ended));
    current.joined.add(ended);
    return true;
  }

  private async performJoined(
    job: JobRecord,
    work: LaneJob<Handlers>,
    payload: unknown,
    current: Current,
  ): Promise<void> {
    try {
      this.begin(job, current);
    } catch (thrown) {
      await this.settle(job, Promise.reject(thrown));
      return;
    }
    const running = current.jobs.find((one) => one.job.id === job.id) ?? fail();
    await this.settle(job, this.executeAlone(work, { payload, context: running.context }));
    current.jobs.splice(current.jobs.indexOf(running), 1);
    // A waiting job may take its place.
    this.parts.onEnded();
  }

  /**
   * Pauses a running training by `pause`, so that it saves a checkpoint. After `graceMilliseconds`, and for other jobs at
   * once, ends the engine. Ends file jobs likewise.
   */
  async close(graceMilliseconds: number, pause: (jobId: string) => void): Promise<void> {
    const aside = jobLanes.filter((lane) => lane !== 'compute').flatMap((lane) => this.current.get(lane) ?? []);
    for (const { abort, job } of aside.flatMap(({ jobs }) => jobs)) {
      const { code, message, hint } = closedError;
      abort.abort(
        new StudioError(
          code,
          message,
          jobInfo(job.kind).lane === 'files' ? `${hint}: it continues from there.` : `${hint}.`,
        ),
      );
    }
    const current = this.current.get('compute');
    if (current) {
      for (const { job, signal } of current.jobs)
        if (jobInfo(job.kind).atClose === 'pause' && signal === null && this.running(job.id) !== null) pause(job.id);
      const ends = current.jobs.some(({ job, signal }) => signal !== null || jobInfo(job.kind).atClose === 'finish');
      if (ends) await Promise.race([current.done, delay(graceMilliseconds, undefined, { ref: false })]);
    }
    await this.parts.services.engine.close();
    await current?.done;
    await Promise.all(aside.map(({ done }) => done));
  }

  /** Runs a job, with those that can run together with it, to the end of all. */
  private async perform(first: JobRecord, current: Current): Promise<void> {
    const { services, options, ready } = this.parts;
    try {
      this.begin(first, current);
    } catch (thrown) {
      await this.settle(first, Promise.reject(thrown));
      return;
    }
    const { together, ...job } = options.jobOf(first.kind);
    const companions =
      together === undefined
        ? []
        : await companionJobs(first, [...ready(jobInfo(first.kind).lane)], services, (own, offered) =>
            together.companions(own, offered, services),
          );
    for (const companion of companions)
      if (services.store.jobs.find(companion.id)?.status === 'queued') this.begin(companion, current);
    const members = current.jobs.map(({ job: { id }, context }) => ({
      payload: services.store.jobs.payload(id),
      context,
    }));
    const [only] = members;
    const outcomes =
      together !== undefined && members.length > 1
        ? together.execute(members, services)
        : [this.executeAlone(job, only ?? fail())];
    const ended = (running: (typeof current.jobs)[number]) => current.jobs.splice(current.jobs.indexOf(running), 1);
    await Promise.all(
      [...current.jobs].map((running, index) =>
        this.settle(running.job, outcomes[index] ?? fail()).finally(() => ended(running)),
      ),
    );
    while (current.joined.size > 0) {
      this.parts.onEnded();
      await Promise.all(current.joined);
    }
  }

  private async executeAlone(
    { references, execute }: Pick<LaneJob<Handlers>, 'references' | 'execute'>,
    { payload, context }: JobMember<unknown>,
  ): Promise<JobOutcome> {
    const { services, options } = this.parts;
    await options.checkAdapters(references(payload, services.store));
    return execute(payload, context, services);
  }

  private begin(job: JobRecord, current: Current): void {
    const { services, options, records } = this.parts;
    records.change(job.id, { status: 'running', startedAt: clock.now(), error: null });
    const [abort, pausing] = [new AbortController(), new AbortController()];
    const context = jobContext(job, { abort: abort.signal, pausing: pausing.signal }, services, {
      running: (id) => this.running(id),
      checkBase: options.checkBase,
      changeProgress: (progress) => records.change(job.id, { progress }),
      runsBeside: options.jobOf(job.kind).joins !== undefined,
    });
    current.jobs.push({ job, context, abort, pausing, signal: null, place: null });
  }

  /** Stores how a job ended. */
  private async settle(job: JobRecord, outcome: Promise<JobOutcome>): Promise<void> {
    const { services, records, isClosing } = this.parts;
    const { store, hub } = services;
    try {
      const { status, result, message, path } = await outcome;
      if (result !== undefined) store.jobs.saveResult(job.id, result);
      const error = status === 'paused' && isClosing() ? pausedByClosing : null;
      records.change(job.id, {
        status,
        error,
        finishedAt: clock.endOf(store.jobs.find(job.id)?.startedAt ?? null),
      });
      if (message !== null && job.parentId === null)
        hub.notify({
          level: 'success',
          title: job.title,
          message,
          error: null,
          ...(path === undefined ? {} : { path }),
        });
    } catch (thrown) {
      const ending = endingOfThrown(thrown, isClosing());
      if (ending.error?.code === 'disk_full') this.parts.onFullDisk();
      records.endOnFullDisk(job, ending);
    }
  }
}

function fail(): never {
  throw new Error('a job that began is not there');
}
