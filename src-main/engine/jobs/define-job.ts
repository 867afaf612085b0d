import type { EngineResult, EngineResultOf, EngineTask, EngineTaskOf, TaskContext } from '../contract.ts';
import type { WarmBase } from '../generation/warm-base.ts';

/** What stays loaded between tasks. */
export interface EngineState {
  readonly warm: WarmBase;
}

/** One kind of task and its work; engine/jobs/index.ts lists it, engine/contract.ts has its schemas. */
export interface EngineJob {
  readonly kind: EngineTask['kind'];
  /** Whether the base that a generation left loaded may stay; every other task needs the memory. */
  readonly keepsWarmBase: boolean;
  run(task: EngineTask, context: TaskContext, state: EngineState): Promise<EngineResult>;
}

/** @throws RangeError where it is handed a task of another kind */
export function defineEngineJob<Kind extends EngineTask['kind']>(
  kind: Kind,
  run: (task: EngineTaskOf<Kind>, context: TaskContext, state: EngineState) => Promise<EngineResultOf<Kind>>,
  { keepsWarmBase = false }: { readonly keepsWarmBase?: boolean } = {},
): EngineJob {
  return {
    kind,
    keepsWarmBase,
    run(task, context, state) {
      if (!isOfKind(task, kind)) throw new RangeError(`A ${task.kind} task came to the job "${kind}".`);
      return run(task, context, state);
    },
  };
}

function isOfKind<Kind extends EngineTask['kind']>(task: EngineTask, kind: Kind): task is EngineTaskOf<Kind> {
  return task.kind === kind;
}
