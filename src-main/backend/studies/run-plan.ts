import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { PairsOfAdapters } from '../../../src-shared/domain/merging/mergeability.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import {
  checkpointsOf,
  type JobSpec,
  leavesOf,
  type MergeabilitySpec,
  type Score,
  type TrainingSpec,
  trainedKey,
  trainingSpecSchema,
} from '../../../src-shared/domain/studies/plan.ts';
import { isLackedByEarlier, metricValue } from '../../../src-shared/metrics/index.ts';
import type { PairsOf, ScoreOf, StudyWork, TableOf } from '../../engine/api/studies.ts';
import { forgettingField } from '../jobs/forgetting-field.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { commonModel } from '../library/adapters/adapter-base.ts';
import { requireAdapter, resolveReference } from '../library/adapters/adapters.ts';
import { pairsKey, scoreKey } from '../library/content-keys.ts';
import { adapterAfter } from '../runs/checkpoint-adapters.ts';
import { plannedRun, queuePlannedRuns, trainedTogether } from '../runs/planned-runs.ts';
import { type MergeabilityMap, mergeabilityJob } from './mergeability-job.ts';
import { plannedMasks } from './planned-masks.ts';
import type { PrepareWork } from './planned-work.ts';
import { groupEvaluations, resolveEvaluations } from './resolve-evaluations.ts';
import { scoreJob } from './score-job.ts';

/** The scores of a plan; each distinct missing one is computed once. */
const plannedScores: PrepareWork<Score> = async (services, specs, trained, metrics) => {
  const { contents } = services.store;
  const scores = await resolveEvaluations(
    services,
    specs.filter((spec) => spec.kind === 'score'),
    trained,
    (content) => scoreKey(services, content),
  );
  const isMeasured = forgettingField(services).forgetting !== undefined;
  const younger = metrics.filter(isLackedByEarlier);
  const missing = new Map<string, (typeof scores)[number]>();
  for (const one of scores) {
    const { contentKey, forgetting } = one.spec;
    const known = contents.findScore(contentKey);
    const lacksForgetting = isMeasured && forgetting !== false && known?.forgetting === undefined;
    const lacksMetric = known !== null && younger.some((metric) => metricValue(known, metric) === null);
    if (known !== null && !lacksForgetting && !lacksMetric) continue;
    // The same content may be a point of a curve and a row of a table.
    if (missing.get(contentKey)?.spec.forgetting === false || !missing.has(contentKey)) missing.set(contentKey, one);
  }
  const byKey = new Map(scores.map(({ spec }) => [spec.key, spec.contentKey]));
  return {
    parts: groupEvaluations([...missing.values()]).map(
      (group) => (jobId) =>
        services.queue.add(
          scoreJob,
          { title: `Evaluate ${group.specs.length} adapters`, subjectId: null, parentId: jobId },
          group,
        ),
    ),
    resultOf(key) {
      const score = contents.findScore(byKey.get(key) ?? '');
      if (score === null) throw new RangeError(`The plan has no score "${key}".`);
      return score;
    },
  };
};

/** The maps of mergeability of a plan; each distinct missing one is computed once. */
const plannedMergeability: PrepareWork<PairsOfAdapters> = async (services, specs, trained) => {
  const { store, queue } = services;
  const maps: { readonly modelId: string; readonly map: MergeabilityMap }[] = [];
  for (const spec of specs) {
    if (spec.kind !== 'mergeability') continue;
    const adapters = adaptersOf(services, spec, trained);
    const model = commonModel(store, adapters);
    const { key, title, names, seed } = spec;
    const content = await pairsKey(services, { model, adapters, names, seed });
    const adapterIds = adapters.map(({ id }) => id);
    const map = { key, title, names, seed, adapterIds, contentKey: content.key, content: content.content };
    maps.push({ modelId: model.id, map });
  }
  const missing = maps.filter(({ map }) => store.contents.findPairs(map.contentKey) === null);
  return {
    parts: [...Map.groupBy(missing, ({ modelId }) => modelId)].map(
      ([modelId, members]) =>
        (jobId) =>
          queue.add(
            mergeabilityJob,
            { title: 'Compare adapters pair by pair', subjectId: null, parentId: jobId },
            { modelId, maps: members.map(({ map }) => map) },
          ),
    ),
    resultOf(key) {
      const contentKey = maps.find(({ map }) => map.key === key)?.map.contentKey ?? '';
      const pairs = store.contents.findPairs(contentKey);
      if (pairs === null) throw new RangeError(`The plan has no map of mergeability "${key}".`);
      return pairs;
    },
  };
};

function adaptersOf(
  { store }: Pick<HandlerServices, 'store'>,
  { subjects }: MergeabilitySpec,
  trained: ReadonlyMap<string, AdapterRecord>,
): AdapterRecord[] {
  return subjects.map((subject) => {
    if (subject.kind === 'adapter') return resolveReference(store, subject.adapter);
    const adapter = subject.kind === 'trained' ? trained.get(subject.training) : undefined;
    if (adapter === undefined) throw new StudioError('internal', 'Only adapters can be compared pair by pair.');
    return adapter;
  });
}

/** Kind and payload of the job that trains runs of a study on a target. */
export const queuedOnTarget = {
  kind: 'train-on-target',
  payload: z.object({ studyId: z.string(), target: z.string(), trainings: z.array(trainingSpecSchema) }),
} as const;

export type TargetWork = z.infer<typeof queuedOnTarget.payload>;

/** The job of a part, or the jobs of several. */
export type Begun = JobRecord | readonly JobRecord[];

/** Returns true for a job that ended without a result and does not end the study. */
export type MayFail = (job: JobRecord) => boolean;

/** Executor of a plan's parts, one after the other. */
export interface PlanLead {
  readonly studyId: string;
  /** The parent of the plan's jobs. */
  readonly jobId: string;
  /**
   * Runs one of `parts` parts, or several at once, to the end of all.
   * @throws StudioError if one did not complete that may not fail; by default none may
   */
  part(parts: number, begin: () => Begun | Promise<Begun>, mayFail?: MayFail): Promise<void>;
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
  const { metric, further_metrics: further } = namedMetrics.parse(config);
  const metrics = [...(metric == null ? [] : [metric]), ...further];
  const last = (work.design(config)?.later.length ?? 0) + 1;
  // Rounds that choose by a validation split are followed by one that judges what they chose.
  const partsAfter = (round: readonly JobSpec[]) =>
    round.some((spec) => spec.kind === 'score' && spec.validation_samples !== undefined) ? last : 0;
  lead.nextRound(partsAfter(specs));
  for (let round = 1; ; round++) {
    const results = await runPlan(services, specs, lead, metrics);
    const more = work.next(config, results.scoreOf, round);
    if (more.length === 0) return { ...results, specs };
    specs.push(...more);
    lead.nextRound(partsAfter(more));
  }
}

/** Metrics of a study's config, in whatever kind. */
const namedMetrics = z.object({ metric: z.string().nullish(), further_metrics: z.array(z.string()).default([]) });

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

const divergedScore: Score = {
  accuracy: Number.NaN,
  loss: Number.NaN,
  metrics: {},
  examples: 0,
  kept: null,
  total: null,
  diverged: true,
};

/** Returns true for the run or the job of a training that diverged: it would do so again. */
function isDiverged(one: Pick<RunRecord | JobRecord, 'status' | 'error'> | null): boolean {
  return one?.status === 'failed' && one.error?.code === 'not_finite';
}

/** Returns true for a score of one of these trainings. */
function isOfAny(spec: JobSpec, trainings: ReadonlySet<string>): boolean {
  return (
    spec.kind === 'score' &&
    leavesOf(spec.subject).some((leaf) => leaf.kind === 'trained' && trainings.has(leaf.training))
  );
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
  metrics: readonly string[] = [],
): Promise<PlanResults> {
  const trainings = specs.filter((spec) => spec.kind === 'train');
  const checkpoints = checkpointsOf(specs);
  const trained = new Map<string, AdapterRecord>();
  const diverged = new Set<string>();
  const missing: TrainingSpec[] = [];
  for (const spec of trainings) {
    const run = await plannedRun(services, spec);
    if (run?.status !== 'completed' && !(spec.trial && isDiverged(run))) missing.push(spec);
  }
  const target = services.store.studies.find(lead.studyId)?.target ?? null;
  if (target !== null && missing.length > 0) await lead.part(2, () => queueOnTarget(services, missing, target, lead));
  else
    for (const group of trainedTogether(missing))
      await lead.part(
        missing.length + 1,
        () => queuePlannedRuns(services, group, lead),
        group.some(({ trial }) => trial) ? isDiverged : undefined,
      );
  for (const spec of trainings) {
    const run = await plannedRun(services, spec);
    if (isDiverged(run)) {
      if (spec.trial) {
        diverged.add(spec.key);
        continue;
      }
      throw new StudioError('not_finite', `"${spec.title}" failed: ${run?.error?.message}`, run?.error?.hint ?? null);
    }
    if (run?.adapterId == null || run.status !== 'completed')
      throw new StudioError(
        'refused',
        `The run "${spec.title}" was ended before its last step.`,
        'Start the study again to train it again.',
      );
    trained.set(spec.key, requireAdapter(services.store, run.adapterId));
    for (const leaf of checkpoints)
      if (leaf.training === spec.key) trained.set(trainedKey(leaf), await adapterAfter(services, run, leaf.step));
  }
  const unscored = new Set(specs.flatMap((spec) => (isOfAny(spec, diverged) ? spec.key : [])));
  const scored = specs.filter(({ key }) => !unscored.has(key));
  const work = {
    score: await plannedScores(services, scored, trained, metrics),
    masks: await plannedMasks(services, scored, trained, metrics),
    mergeability: await plannedMergeability(services, scored, trained, metrics),
  };
  const parts = Object.values(work).flatMap((prepared) => prepared.parts);
  for (const begin of parts) await lead.part(missing.length + parts.length, () => begin(lead.jobId));
  const scoreOf: ScoreOf = (key) => (unscored.has(key) ? divergedScore : work.score.resultOf(key));
  return { scoreOf, tableOf: work.masks.resultOf, pairsOf: work.mergeability.resultOf };
}
