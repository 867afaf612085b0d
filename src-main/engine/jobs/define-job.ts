import type { EngineResult, EngineResultOf, EngineTask, EngineTaskOf } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import type { WarmBase } from '../generation/warm-base.ts';
import type { TextStreams } from './text-streams.ts';

/** State that stays loaded between tasks. */
export interface EngineState {
  readonly warm: WarmBase;
  readonly streams: TextStreams;
}

/** A kind of task and its implementation; engine/jobs/index.ts lists it, engine/contract.ts has its schemas. */
export interface EngineJob {
  readonly kind: EngineTask['kind'];
  /** True if the base of the last generation may stay loaded; other tasks need the memory. */
  readonly keepsWarmBase: boolean;
  run(task: EngineTask, context: TaskContext, state: EngineState): Promise<EngineResult>;
}

/** @throws RangeError for a task of another kind */
export function defineEngineJob<Kind extends EngineTask['kind']>(
  kind: Kind,
  run: (task: EngineTaskOf<Kind>, context: TaskContext, state: EngineState) => Promise<EngineResultOf<Kind>>,
  { keepsWarmBase = false }: { readonly keepsWarmBase?: boolean } = {},
): EngineJob {
  return {
    kind,
    keepsWarmBase,
    run(task, context, state) {
      if (!isOfKind(task, kind)) throw new RangeError(`The job "${kind}" received a ${task.kind} task.`);
      return run(task, context, state);
    },
  };
}

function isOfKind<Kind extends EngineTask['kind']>(task: EngineTask, kind: Kind): task is EngineTaskOf<Kind> {
  return task.kind === kind;
}
