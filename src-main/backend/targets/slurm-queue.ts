import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { SubmittedPart } from '../../../src-shared/domain/targets/target.ts';
import { lastLine, type ProgramOutput } from './run-program.ts';
import type { EngineState } from './target.ts';

/** Since 22.05 a number is { set, number }; before, it was the number, 0 for none. */
const slurmNumber = z.union([
  z.number(),
  z.object({ set: z.boolean(), number: z.number() }).transform(({ set, number }) => (set ? number : null)),
  z.null(),
]);
/** A list since 23.11. */
const words = z.union([z.string().transform((word) => [word]), z.array(z.string())]);

const queueSchema = z.object({
  jobs: z.array(
    z.object({
      job_id: z.number(),
      name: z.string(),
      array_job_id: slurmNumber,
      array_task_id: slurmNumber,
      array_task_string: z.string().default(''),
      job_state: words,
      nodes: z.string().nullable().default(''),
      state_reason: z.string().default(''),
    }),
  ),
});
type SlurmJob = z.infer<typeof queueSchema>['jobs'][number];

const waiting = new Set(['PENDING', 'REQUEUED', 'REQUEUE_HOLD', 'REQUEUE_FED', 'SPECIAL_EXIT', 'RESV_DEL_HOLD']);
const running = new Set([
  'RUNNING',
  'COMPLETING',
  'CONFIGURING',
  'SUSPENDED',
  'STOPPED',
  'SIGNALING',
  'STAGE_OUT',
  'RESIZING',
]);

/** Jobs of `squeue --json`. @throws StudioError refused for an output that is not that */
export function readQueue(text: string): readonly SlurmJob[] {
  try {
    return queueSchema.parse(JSON.parse(text)).jobs;
  } catch {
    throw new StudioError(
      'refused',
      'squeue --json did not answer JSON that this version can read.',
      'Slurm 21.08 or later is needed, built with its JSON plugin. Its version: squeue --version.',
    );
  }
}

/**
 * @throws StudioError refused where squeue failed since it cannot write JSON, as before 21.08: it would be followed without end.
 * Asked before a part is submitted as well.
 */
export function requireJson({ stderr }: Pick<ProgramOutput, 'stderr'>, host: string | null): void {
  if (!/(unrecognized|invalid|unknown) option|json|serializer/i.test(stderr)) return;
  const [line = ''] = stderr.trim().split('\n');
  const words = lastLine(line).replace(/^squeue: (error: |fatal: )?/, '');
  throw new StudioError(
    'refused',
    `The squeue of ${host ?? 'this machine'} cannot answer in JSON: ${words}.`,
    'Slurm 21.08 or later is needed, built with its JSON plugin. Else use its nodes by ssh: coto targets add NAME ssh.',
  );
}

/** Ids of the arrays by the names of their parts; of one that was submitted twice, the first. */
export function arraysByName(jobs: readonly SlurmJob[]): Map<string, string> {
  const found = new Map<string, number>();
  for (const { name, array_job_id, job_id } of jobs) {
    const id = array_job_id || job_id;
    found.set(name, Math.min(found.get(name) ?? id, id));
  }
  return new Map([...found].map(([name, id]) => [name, String(id)]));
}

/** States by the bundle's index. Tasks that wait are one record, "4-9,12%4". */
export function statesByIndex(jobs: readonly SlurmJob[], parts: readonly SubmittedPart[]): Map<number, EngineState> {
  const byName = new Map(parts.map((part) => [part.name, part]));
  const states = new Map<number, EngineState>();
  for (const job of jobs) {
    const part = byName.get(job.name);
    if (part === undefined || (part.id !== null && String(job.array_job_id || job.job_id) !== part.id)) continue;
    const state = stateOf(job);
    const tasks =
      job.array_task_id === null || job.array_task_string !== '' ? tasksOf(job.array_task_string) : [job.array_task_id];
    for (const task of tasks) states.set(part.offset + task, state);
  }
  return states;
}

function stateOf({ job_state, nodes, state_reason }: SlurmJob): EngineState {
  const node = nodes || null;
  const reason = state_reason === 'None' || state_reason === '' ? null : state_reason;
  if (job_state.includes('CANCELLED')) return { state: 'cancelled', node, reason };
  if (job_state.some((word) => waiting.has(word))) return { state: 'waiting', node: null, reason };
  if (job_state.some((word) => running.has(word))) return { state: 'running', node, reason: null };
  const [word = 'unknown'] = job_state;
  return { state: 'ended', node, reason: word === 'COMPLETED' ? null : word };
}

/** Tasks of a Slurm range without its throttle: "0-3,7,10-20:5%4". */
export function tasksOf(range: string): number[] {
  return (range.split('%')[0] ?? '').split(',').flatMap((piece) => {
    const match = /^(\d+)(?:-(\d+)(?::(\d+))?)?$/.exec(piece.trim());
    if (match === null) return [];
    const first = Number(match[1]);
    const last = Number(match[2] ?? first);
    const step = Number(match[3] ?? 1);
    return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, at) => first + at * step);
  });
}

/** The shortest way to write tasks, which must be in order: "0-3,7". */
export function rangeOf(tasks: readonly number[]): string {
  const pieces: [first: number, last: number][] = [];
  for (const task of tasks) {
    const piece = pieces.at(-1);
    if (piece !== undefined && task === piece[1] + 1) piece[1] = task;
    else pieces.push([task, task]);
  }
  return pieces.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

/** Parts whose own indices stay below `size`, the MaxArraySize of the scheduler, each with its offset. */
export function arraysOf(name: string, indices: readonly number[], size: number): SubmittedPart[] {
  const sorted = [...new Set(indices)].sort((left, right) => left - right);
  return [...Map.groupBy(sorted, (index) => Math.floor(index / size) * size)].map(([offset, members]) => ({
    name: `${name}-${offset}`,
    offset,
    indices: members,
    id: null,
  }));
}
