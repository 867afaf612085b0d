import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { type JobSpec, type TrainingSpec, trainingSpecSchema } from '../../../src-shared/domain/studies/plan.ts';
import type { PairsOf, ScoreOf, StudyWork, TableOf } from '../../engine/api/studies.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import { plannedRun, queuePlannedRuns, trainedTogether } from '../runs/planned-runs.ts';
import { plannedMasks } from './planned-masks.ts';
import { plannedMergeability } from './planned-mergeability.ts';
import { plannedScores } from './planned-scores.ts';

/** Kind and payload of the job that trains runs of a study on a target. */
export const queuedOnTarget = {
  kind: 'train-on-target',
  payload: z.object({ studyId: z.string(), target: z.string(), trainings: z.array(trainingSpecSchema) }),
} as const;

export type TargetWork = z.infer<typeof queuedOnTarget.payload>;

/** The job of a part, or the jobs of several. */
export type Begun = JobRecord | readonly JobRecord[];

/** Executor of a plan's parts, one after the other. */
export interface PlanLead {
  readonly studyId: string;
  /** The parent of the plan's jobs. */
  readonly jobId: string;
  /**
   * Runs one of `parts` parts, or several at once, to the end of all.
   * @throws StudioError if one did not complete
   */
  part(parts: number, begin: () => Begun | Promise<Begun>): Promise<void>;
  /** Says that further parts belong to a new round, whose parts are counted from one again, and how many come after it. */
  nextRound(later: number): void;
}

/**
 * Completes a study's rounds: its plan, then what it asks for next by the scores so far. A resumed study passes through
 * the finished rounds without work, since all of it is found by its content. Returns the results with the work of all rounds.
 *
 * @throws StudioError as `runPlan`
 */
export async function runRounds(
  services: HandlerServices,
  work: Pick<StudyWork, 'plan' | 'next' | 'design'>,
  config: unknown,
  lead: PlanLead,
): Promise<PlanResults & { readonly specs: readonly JobSpec[] }> {
  const specs = [...work.plan(config)];
  const last = (work.design(config)?.later.length ?? 0) + 1;
  // Rounds that choose by a validation split are followed by one that judges what they chose.
  const partsAfter = (round: readonly JobSpec[]) =>
    round.some((spec) => spec.kind === 'score' && spec.validation_samples !== undefined) ? last : 0;
  lead.nextRound(partsAfter(specs));
  for (let round = 1; ; round++) {
    const results = await runPlan(services, specs, lead);
    const more = work.next(config, results.scoreOf, round);
    if (more.length === 0) return { ...results, specs };
    specs.push(...more);
    lead.nextRound(partsAfter(more));
  }
}

/** Results by the keys of the plan. */
export interface PlanResults {
  readonly scoreOf: ScoreOf;
  readonly tableOf: TableOf;
  readonly pairsOf: PairsOf;
}

/** One job trains them all, elsewhere. */
function queueOnTarget(
  { store, queue }: HandlerServices,
  trainings: readonly TrainingSpec[],
  target: string,
  { studyId, jobId }: PlanLead,
): JobRecord {
  const name = store.studies.find(studyId)?.name ?? studyId;
  const details = { title: `${name} on ${target}`, subjectId: null, parentId: jobId };
  return queue.add(queuedOnTarget, details, { studyId, target, trainings: [...trainings] });
}

/**
 * Completes a plan: trains the missing or unfinished runs, then computes the missing evaluations. Everything is stored
 * under its content key as soon as it is known, so that an interruption costs one evaluation at most.
 *
 * @throws StudioError refused if an adapter is missing, and the errors of the parts
 */
export async function runPlan(
  services: HandlerServices,
  specs: readonly JobSpec[],
  lead: PlanLead,
): Promise<PlanResults> {
  const trainings = specs.filter((spec) => spec.kind === 'train');
  const trained = new Map<string, AdapterRecord>();
  const missing: TrainingSpec[] = [];
  for (const spec of trainings) if ((await plannedRun(services, spec))?.status !== 'completed') missing.push(spec);
  const target = services.store.studies.find(lead.studyId)?.target ?? null;
  if (target !== null && missing.length > 0) await lead.part(2, () => queueOnTarget(services, missing, target, lead));
  else
    for (const group of trainedTogether(missing))
      await lead.part(missing.length + 1, () => queuePlannedRuns(services, group, lead));
  for (const spec of trainings) {
    const run = await plannedRun(services, spec);
    if (run?.adapterId == null || run.status !== 'completed')
      throw new StudioError(
        'refused',
        `The run "${spec.title}" was ended before its last step.`,
        'Start the study again to train it again.',
      );
    trained.set(spec.key, requireAdapter(services.store, run.adapterId));
  }
  const work = {
    score: await plannedScores(services, specs, trained),
    masks: await plannedMasks(services, specs, trained),
    mergeability: await plannedMergeability(services, specs, trained),
  };
  const parts = Object.values(work).flatMap((prepared) => prepared.parts);
  for (const begin of parts) await lead.part(missing.length + parts.length, () => begin(lead.jobId));
  return { scoreOf: work.score.resultOf, tableOf: work.masks.resultOf, pairsOf: work.mergeability.resultOf };
}
