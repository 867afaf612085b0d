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
  /** The engine task that it waits for: its place among the task's runs, or the whole task. */
  place: number | 'task' | null;
}

/** Passes the signal of a job, if any, to what the engine runs for it. */
export function forwardSignal({ engine, log }: Engine, { job, signal, place }: Running): void {
  if (signal === null || place === null || jobInfo(job.kind).lane !== 'compute') return;
  engine.signal(signal, place === 'task' ? undefined : place).catch((error: unknown) => {
    if (!(error instanceof EngineLostError)) log.error({ err: error }, 'the engine could not be signalled');
  });
}

/** Runs an engine task for the jobs that wait for it; of a shared one, each for one of its runs, in their order. */
export async function runOnEngine<Kind extends EngineTask['kind']>(
  services: Engine,
  task: EngineTaskOf<Kind>,
  work: {
    readonly isShared: boolean;
    readonly waiting: readonly (Running | null)[];
    onEvent(event: EngineEvent): void;
  },
): Promise<EngineResultOf<Kind>> {
  const { engine } = services;
  const waiting = work.waiting.filter((running) => running !== null);
  let fault: unknown = null;
  const ended = engine.run(task, (event) => {
    if (fault !== null) return;
    try {
      services.home.requirePresent();
      work.onEvent(event);
    } catch (thrown) {
      // Training must not go on when its events cannot be stored (a full disk): end the task and report why.
      fault = causeOf(thrown, services.home) ?? new Error('unknown failure');
      void engine.signal('cancel').catch(() => undefined);
    }
  });
  work.waiting.forEach((running, place) => {
    if (running === null) return;
    running.place = work.isShared ? place : 'task';
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
