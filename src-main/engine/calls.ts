import { isMainThread } from 'node:worker_threads';
import type { z } from 'zod';
import { describeIssues, StudioError } from '../../src-shared/contract/errors.ts';
import { allowDrivers } from './compute/index.ts';
import { type EngineResult, type EngineResultOf, type EngineTask, engineTaskSchema } from './contract.ts';
import { engineSignalSchema, type TaskContext } from './events.ts';
import { runTask } from './jobs/run-job.ts';
import type { CallOptions, Job } from './requests.ts';

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs any job of the contract after the calls before it: also those without a function of their own, such as `score` and
 * `masks` of studies, `benchmark`, `pretrain` and `export-python`. Jobs are checked against `engineTaskSchema`.
 * @throws StudioError invalid_input naming the field
 */
export async function runJob<Kind extends EngineTask['kind']>(
  job: Job<Kind> & { readonly kind: Kind },
  options: CallOptions = {},
): Promise<EngineResultOf<Kind>> {
  const { compute = 'auto', threads } = options;
  const task = parsed(engineTaskSchema, { ...job, compute, ...(threads === undefined ? {} : { threads }) });
  const running = last.then(async () => {
    allowDrivers(isMainThread && compute !== 'auto');
    return runTask(task, contextOf(options));
  });
  last = running.catch(() => undefined);
  const result = await running;
  if (!isOfKind(result, job.kind)) throw new RangeError(`The job "${job.kind}" returned a ${result.kind} result.`);
  return result;
}

function isOfKind<Kind extends EngineTask['kind']>(result: EngineResult, kind: Kind): result is EngineResultOf<Kind> {
  return result.kind === kind;
}

function contextOf({ onEvent, signal }: CallOptions): TaskContext {
  return {
    emit: (event) => onEvent?.(event),
    async signal() {
      await new Promise<void>((passed) => setImmediate(passed));
      if (!signal?.aborted) return null;
      const reason = engineSignalSchema.safeParse(signal.reason);
      return reason.success ? reason.data : 'cancel';
    },
  };
}

/** @throws StudioError invalid_input naming each field that is not valid */
export function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new StudioError('invalid_input', `${describeIssues(result.error)}.`);
}
