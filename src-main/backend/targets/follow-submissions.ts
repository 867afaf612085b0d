import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import {
  logNames,
  type PlacedRun,
  type Submission,
  type SubmittedPart,
} from '../../../src-shared/domain/targets/target.ts';
import { clock } from '../../store/clock.ts';
import type { SubmissionRepository } from '../../store/repositories/submissions.ts';
import {
  type FollowedBundle,
  failureOf,
  lastLogWords,
  ProgressTails,
  type Results,
  readResults,
} from './bundle-results.ts';
import type { OnSent } from './remote-bundle.ts';
import type { EngineState, TargetEngine } from './target.ts';

export interface FollowOptions {
  readonly engine: TargetEngine;
  readonly submissions: SubmissionRepository;
  readonly bundle: FollowedBundle;
  readonly studyId: string;
  /** The name of the target. */
  readonly target: string;
  readonly pollSeconds: number;
  /** Number of times that lost runs are submitted again. */
  readonly retries: number;
  /** Ends following. With a reason of the code `cancelled` the runs are cancelled as well; else they go on. */
  readonly signal: AbortSignal;
  /** Called while inputs are copied to a host that lacks them. */
  readonly onSent: OnSent;
  /** Called after the first poll, and after each that finds a change. */
  changed(runs: readonly PlacedRun[], answers: boolean): void;
}

/** So often a run must be found ended without a result: a network's file system shows a new file some seconds late. */
const pollsToSettle = 2;

/**
 * Brings every run of a bundle to an end on a target: goes on with what was submitted before, submits what is missing, and again,
 * as a further generation, what was lost. Answers how each run ended.
 *
 * @throws StudioError refused where the engine does not take it, and the reason of `signal`
 */
export async function followSubmissions(options: FollowOptions): Promise<PlacedRun[]> {
  const { submissions, bundle, studyId } = options;
  const ofBundle = submissions.list(studyId).filter(({ folder }) => folder === bundle.folder);
  let current = ofBundle.find(({ status }) => status === 'open') ?? (await submitMissing(options));
  for (let retry = 0; current !== null; retry++) {
    const ended = await followOne(options, current);
    const lost = ended.filter(({ state }) => state === 'lost').map(({ index }) => index);
    if (lost.length === 0 || retry === options.retries) break;
    current = await intend(options, lost);
  }
  return latestRuns(submissions.list(studyId).filter(({ folder }) => folder === bundle.folder));
}

/** Returns the state of each run of a bundle, by its last generation. */
export function latestRuns(submissions: readonly Submission[]): PlacedRun[] {
  const byIndex = new Map<number, PlacedRun>();
  for (const { runs } of [...submissions].sort((one, other) => one.generation - other.generation))
    for (const run of runs) byIndex.set(run.index, run);
  return [...byIndex.values()].sort((one, other) => one.index - other.index);
}

async function submitMissing(options: FollowOptions): Promise<Submission | null> {
  const { done } = await readResults(options.bundle.folder);
  const missing = options.bundle.jobs.filter(({ runId }) => !done.has(runId)).map(({ index }) => index);
  return missing.length === 0 ? null : intend(options, missing);
}

/** Writes down what will be submitted before anything is: what a crash leaves is then looked for by its name. */
async function intend(options: FollowOptions, indices: readonly number[]): Promise<Submission> {
  const { engine, submissions, bundle, studyId, target } = options;
  const generation = Math.max(0, ...submissions.list(studyId).map((one) => one.generation)) + 1;
  const id = randomBytes(4).toString('hex');
  const { failures } = await readResults(bundle.folder);
  const wanted = new Set(indices);
  const submission: Submission = {
    id: `submission-${id}`,
    studyId,
    generation,
    target,
    folder: bundle.folder,
    status: 'open',
    parts: await engine.parts(`coto-${id}-g${generation}`, indices),
    runs: bundle.jobs
      .filter(({ index }) => wanted.has(index))
      .map(({ index, runId, title }) => ({
        ...{ index, runId, title, state: 'waiting', node: null },
        ...{ reason: null, step: null, steps: null },
      })),
    knownFailures: [...failures.values()].flat(),
    createdAt: clock.now(),
  };
  submissions.insert(submission);
  return submission;
}

async function followOne(options: FollowOptions, intended: Submission): Promise<PlacedRun[]> {
  const { engine, submissions, bundle, signal } = options;
  const tails = new ProgressTails(bundle.folder);
  const endedPolls = new Map<number, number>();
  let { runs } = intended;
  let answered: boolean | null = null;
  try {
    const submission = await submitParts(options, intended);
    for (;;) {
      signal.throwIfAborted();
      const isFetched = (await engine.fetch?.(bundle.folder, signal)) ?? true;
      const states = isFetched ? await engine.states(bundle.folder, submission.parts) : null;
      const results = await readResults(bundle.folder);
      const progress = await tails.read(results.attempts);
      runs = await Promise.all(
        runs.map(async (run) => {
          const next = await stateOf(run, { submission, results, states, endedPolls });
          return { ...next, ...(progress.get(run.runId) ?? {}) };
        }),
      );
      const isNew = submissions.saveRuns(submission.id, runs);
      const answers = states !== null;
      if (isNew || answers !== answered) options.changed(runs, answers);
      answered = answers;
      if (!runs.some(isOpen)) break;
      await delay(options.pollSeconds * 1000, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  } catch (thrown) {
    if (thrown instanceof StudioError && thrown.code === 'cancelled') await cancelOpen(options, intended.id, runs);
    throw thrown;
  }
  submissions.end(intended.id, 'ended');
  return runs;
}

/** Submits the parts that the engine does not have yet. */
async function submitParts(
  { engine, submissions, bundle, signal, onSent }: FollowOptions,
  submission: Submission,
): Promise<Submission> {
  await mkdir(join(bundle.folder, 'logs'), { recursive: true });
  const open = submission.parts.filter(({ id }) => id === null);
  const known = open.length === 0 ? new Map<string, string>() : await engine.find(bundle.folder, open);
  if (open.some(({ name }) => !known.has(name))) await engine.send?.(bundle.folder, { signal, onSent });
  let parts: readonly SubmittedPart[] = submission.parts;
  for (const part of open) {
    signal.throwIfAborted();
    const id = known.get(part.name) ?? (await engine.submit(bundle.folder, part));
    parts = parts.map((one) => (one.name === part.name ? { ...one, id } : one));
    submissions.saveParts(submission.id, parts);
  }
  return { ...submission, parts: [...parts] };
}

interface Seen {
  readonly submission: Submission;
  readonly results: Results;
  readonly states: ReadonlyMap<number, EngineState> | null;
  readonly endedPolls: Map<number, number>;
}

async function stateOf(run: PlacedRun, { submission, results, states, endedPolls }: Seen): Promise<PlacedRun> {
  if (results.done.has(run.runId)) return { ...run, state: 'done', reason: null };
  if (!isOpen(run)) return run;
  // Without an answer nothing has changed but what the files say.
  if (states === null) return run;
  const seen = states.get(run.index);
  const node = seen?.node ?? run.node;
  if (seen?.state === 'waiting' || seen?.state === 'running') {
    endedPolls.delete(run.index);
    return { ...run, state: seen.state, node: seen.node, reason: seen.reason };
  }
  if (seen?.state === 'cancelled') return { ...run, state: 'cancelled', node, reason: null };
  const [failure] = (results.failures.get(run.runId) ?? []).filter((name) => !submission.knownFailures.includes(name));
  if (failure !== undefined)
    return { ...run, state: 'failed', node, reason: await failureOf(submission.folder, failure) };
  const polls = (endedPolls.get(run.index) ?? 0) + 1;
  endedPolls.set(run.index, polls);
  if (polls < pollsToSettle) return { ...run, node };
  const line = await lastLogWords(submission.folder, logNames(submission, run.index));
  const why = [seen?.reason ?? null, line].filter((part) => part !== null).join(': ');
  return { ...run, state: 'lost', node, reason: why || 'it ended without a result' };
}

async function cancelOpen(
  { engine, submissions, bundle, studyId }: FollowOptions,
  id: string,
  runs: readonly PlacedRun[],
): Promise<void> {
  // Reads the stored parts: the submission may be incomplete.
  const parts = submissions.list(studyId).find((one) => one.id === id)?.parts ?? [];
  await engine.cancel(bundle.folder, parts);
  endSubmission(submissions, { id, runs });
}

/** Notes that all that was open of a submission is cancelled. */
export function endSubmission(
  submissions: SubmissionRepository,
  { id, runs }: Pick<Submission, 'id'> & { readonly runs: readonly PlacedRun[] },
): void {
  submissions.saveRuns(
    id,
    runs.map((run) => (isOpen(run) ? { ...run, state: 'cancelled' } : run)),
  );
  submissions.end(id, 'cancelled');
}

export function isOpen({ state }: PlacedRun): boolean {
  return state === 'waiting' || state === 'running';
}
