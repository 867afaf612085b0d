import { StudioError } from '../../../src-shared/contract/errors.ts';
import { type JobRecord, jobInfo } from '../../../src-shared/domain/jobs/job.ts';
import type {
  EngineEvent,
  EngineResult,
  EngineResultOf,
  EngineSignal,
  EngineTask,
  EngineTaskOf,
} from '../../engine/api/jobs.ts';
import type { Log } from '../../logging/log.ts';
import { EngineLostError, type EngineSupervisor } from '../engine/engine-supervisor.ts';
import type { Home } from '../home/home.ts';
import type { JobContext } from './job-context.ts';

interface Engine {
  readonly home: Pick<Home, 'requirePresent'>;
  readonly engine: EngineSupervisor;
  readonly log: Log;
}

/** A job that runs. */
export interface Running {
  readonly job: JobRecord;
  readonly abort: AbortController;
  readonly pausing: AbortController;
  signal: EngineSignal | null;
  /** The engine task that it waits for: its place among the task's runs, the number of a generation, or the whole task. */
  place: number | 'task' | null;
}

/** Passes the signal of a job, if any, to what the engine runs for it. */
export function forwardSignal({ engine, log }: Engine, { job, signal, place }: Running): void {
  if (signal === null || place === null || jobInfo(job.kind).lane !== 'compute') return;
  engine.signal(signal, place === 'task' ? undefined : place).catch((error: unknown) => {
    if (!(error instanceof EngineLostError)) log.error({ err: error }, 'the engine could not be signalled');
  });
}

/** Parts of the queue that running jobs need. */
interface QueueOfJobs {
  running(jobId: string): Running | null;
  /** Throws if the files of a base differ from those that were added. */
  checkBase(directory: string): Promise<void>;
  changeProgress(progress: Parameters<JobContext['progress']>[0]): void;
  /** True if the job's engine task may run beside those of other jobs. */
  readonly runsBeside: boolean;
}

/** Creates the context of a running job: its progress, its signals and the engine. */
export function jobContext(
  job: JobRecord,
  signals: Pick<JobContext, 'abort' | 'pausing'>,
  services: Engine,
  { running, checkBase, changeProgress, runsBeside }: QueueOfJobs,
): JobContext {
  return {
    job,
    progress: changeProgress,
    ...signals,
    runEngine: async (task, onEvent, runs) => {
      await services.engine.prepare();
      if ('modelDirectory' in task && task.modelDirectory !== null) await checkBase(task.modelDirectory);
      const own = running(job.id);
      if (runs === undefined && own?.signal === 'cancel') throw new StudioError('cancelled', 'It was cancelled.');
      const waiting = runs?.map((run) => running(run.job.id)) ?? [own];
      return runOnEngine(services, task, {
        isShared: runs !== undefined,
        number: runsBeside ? nextNumber() : undefined,
        waiting,
        onEvent(event) {
          if (event.kind === 'progress') changeProgress(event.progress);
          onEvent?.(event);
        },
      });
    },
  };
}

let numbered = 0;
/** Numbers the tasks that run beside each other in the engine. */
const nextNumber = (): number => ++numbered;

/** Runs an engine task for the jobs that wait for it; of a shared one, each for one of its runs, in their order. */
async function runOnEngine<Kind extends EngineTask['kind']>(
  services: Engine,
  task: EngineTaskOf<Kind>,
  work: {
    readonly isShared: boolean;
    /** Number of a task that runs beside others. */
    readonly number: number | undefined;
    readonly waiting: readonly (Running | null)[];
    onEvent(event: EngineEvent): void;
  },
): Promise<EngineResultOf<Kind>> {
  const { engine } = services;
  const waiting = work.waiting.filter((running) => running !== null);
  let fault: unknown = null;
  const { number } = work;
  const onEvent = (event: EngineEvent): void => {
    if (fault !== null) return;
    try {
      services.home.requirePresent();
      work.onEvent(event);
    } catch (thrown) {
      // Training must not go on when its events cannot be stored (a full disk): end the task and report why.
      fault = causeOf(thrown, services.home) ?? new Error('unknown failure');
      void engine.signal('cancel', number).catch(() => undefined);
    }
  };
  const ended = engine.run(task, onEvent, number);
  work.waiting.forEach((running, place) => {
    if (running === null) return;
    running.place = work.isShared ? place : (number ?? 'task');
    forwardSignal(services, running);
  });
  const result = await ended
    .catch((thrown: unknown) => {
      throw causeOf(thrown, services.home);
    })
    .finally(() => {
      for (const running of waiting) running.place = null;
    });
  if (fault !== null) throw fault;
  // A result of which nothing is left.
  services.home.requirePresent();
  if (!isOfKind(result, task.kind))
    throw new StudioError('internal', `The engine returned a ${result.kind} result for a ${task.kind} task.`);
  return result;
}

/** Returns the missing home as the cause if it was deleted, which says more than a failed write. */
function causeOf(thrown: unknown, home: Engine['home']): unknown {
  try {
    home.requirePresent();
    return thrown;
  } catch (gone) {
    return gone;
  }
}

function isOfKind<Kind extends EngineResult['kind']>(result: EngineResult, kind: Kind): result is EngineResultOf<Kind> {
  return result.kind === kind;
}
