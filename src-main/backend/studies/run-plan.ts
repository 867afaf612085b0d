import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { JobRecord } from '../../../src-shared/domain/job.ts';
import {
  type JobSpec,
  leavesOf,
  type ScoreSpec,
  type Subject,
  tuningOf,
  withLeaves,
  withTuningDatasets,
} from '../../../src-shared/domain/plan.ts';
import type { ScoreOf, StudyWork } from '../../engine/studies/define-study-work.ts';
import { type ScorePayload, scoreJob } from '../jobs/score.ts';
import { commonModel } from '../library/adapter-base.ts';
import { requireAdapter, resolveReference } from '../library/adapters.ts';
import { resolveDataset } from '../library/datasets.ts';
import { taskSettingsFor } from '../library/task-settings.ts';
import type { HandlerServices } from '../services.ts';
import { canonicalJson, scoreKey } from './content-keys.ts';
import { plannedRun, queuePlannedRun } from './planned-runs.ts';

/** Executor of a plan's parts, one after the other. */
export interface PlanLead {
  readonly studyId: string;
  /** The parent of the plan's jobs. */
  readonly jobId: string;
  /** Runs one of `parts` parts. @throws StudioError if it did not complete */
  part(parts: number, begin: () => JobRecord | Promise<JobRecord>): Promise<void>;
  /** Says that further parts belong to a new round, whose number of parts begins anew. */
  nextRound(): void;
}

/**
 * Completes a study's rounds: its plan, then what it asks for next by the scores so far. A resumed study passes through
 * the finished rounds without work, since all of it is found by its content.
 *
 * @throws StudioError as `runPlan`
 */
export async function runRounds(
  services: HandlerServices,
  work: Pick<StudyWork, 'plan' | 'next'>,
  config: unknown,
  lead: PlanLead,
): Promise<ScoreOf> {
  const specs = [...work.plan(config)];
  for (let round = 1; ; round++) {
    const scoreOf = await runPlan(services, specs, lead);
    const more = work.next(config, scoreOf, round);
    if (more.length === 0) return scoreOf;
    specs.push(...more);
    lead.nextRound();
  }
}

/**
 * Completes a plan: trains the missing or unfinished runs, then computes the missing scores. Every score is stored
 * under its content key as soon as it is known, so that an interruption costs one evaluation at most. Returns the
 * scores by the keys of the plan.
 *
 * @throws StudioError refused if an adapter is missing, and the errors of the parts
 */
export async function runPlan(services: HandlerServices, specs: readonly JobSpec[], lead: PlanLead): Promise<ScoreOf> {
  const trainings = specs.filter((spec) => spec.kind === 'train');
  const trained = new Map<string, AdapterRecord>();
  const missing = [];
  for (const spec of trainings) if ((await plannedRun(services, spec))?.status !== 'completed') missing.push(spec);
  for (const spec of missing) {
    // Another study may have trained it meanwhile.
    const known = await plannedRun(services, spec);
    if (known?.status !== 'completed')
      await lead.part(missing.length + 1, () => queuePlannedRun(services, spec, known, lead));
  }
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
  const scores = await resolveScores(services, specs, trained);
  const groups = groupsOfMissing(services, scores);
  for (const group of groups)
    await lead.part(missing.length + groups.length, () =>
      services.queue.add(
        scoreJob,
        { title: `Evaluate ${group.specs.length} adapters`, subjectId: null, parentId: lead.jobId },
        group,
      ),
    );
  const byKey = new Map(scores.map((score) => [score.spec.key, score.contentKey]));
  return (key) => {
    const score = services.store.contents.findScore(byKey.get(key) ?? '');
    if (score === null) throw new RangeError(`The plan has no score "${key}".`);
    return score;
  };
}

/** A dataset as a job scores on it, or tunes on it. */
type DatasetUse = ScorePayload['datasets'][number];

interface ResolvedScore {
  readonly spec: ScoreSpec;
  readonly modelId: string;
  readonly dataset: DatasetUse;
  /** Datasets that its merges are tuned on. */
  readonly tuning: readonly DatasetUse[];
  readonly contentKey: string;
  readonly content: string;
}

/** Every score with its subject's leaves resolved to adapters of the studio, and the key of its content. */
async function resolveScores(
  services: HandlerServices,
  specs: readonly JobSpec[],
  trained: ReadonlyMap<string, AdapterRecord>,
): Promise<ResolvedScore[]> {
  const { store } = services;
  const scores = specs.filter((spec) => spec.kind === 'score');
  const adaptersOf = (subject: Subject): AdapterRecord[] =>
    leavesOf(subject).map((leaf) => {
      if (leaf.kind === 'adapter') return resolveReference(store, leaf.adapter);
      const adapter = trained.get(leaf.training);
      if (adapter === undefined) throw new RangeError(`The plan has no training "${leaf.training}".`);
      return adapter;
    });
  const all = scores.flatMap(({ subject }) => adaptersOf(subject));
  const resolved: ResolvedScore[] = [];
  for (const spec of scores) {
    const { eval_samples, validation_samples } = spec;
    const held = validation_samples === undefined ? {} : { validation_samples };
    const adapters = adaptersOf(spec.subject);
    // The plain base is that of the plan's adapters.
    const model = commonModel(store, adapters.length > 0 ? adapters : all);
    const dataset = await resolveDataset(services, spec.dataset);
    // An imported adapter is scored with the task settings of the study's others.
    const settings = taskSettingsFor(store, [...adapters, ...all]);
    const datasetIds = new Map<string, string>();
    const tuning: DatasetUse[] = [];
    for (const { dataset: name, input } of tuningOf(spec.subject)) {
      const { id } = await resolveDataset(services, name);
      datasetIds.set(name, id);
      tuning.push({ datasetId: id, eval_samples, settings: taskSettingsFor(store, [...adaptersOf(input), ...all]) });
    }
    const subject = withTuningDatasets(withAdapters(spec.subject, adapters), (name) => datasetIds.get(name) ?? name);
    const content = await scoreKey(services, { model, dataset, eval_samples, ...held, settings, subject });
    resolved.push({
      spec: { ...spec, subject },
      modelId: model.id,
      dataset: { datasetId: dataset.id, eval_samples, ...held, settings },
      tuning,
      contentKey: content.key,
      content: content.content,
    });
  }
  return resolved;
}

/** The subject with its leaves, in order, taken from `adapters`. */
function withAdapters(subject: Subject, adapters: readonly AdapterRecord[]): Subject {
  const left = [...adapters];
  return withLeaves(subject, () => ({ kind: 'adapter', adapter: { adapterId: left.shift()?.id ?? '' } }));
}

/**
 * The distinct missing scores, grouped by base. Scores on several datasets are one job, so that a merge which is scored
 * on each is made once.
 */
function groupsOfMissing({ store }: HandlerServices, scores: readonly ResolvedScore[]): ScorePayload[] {
  const missing = new Map(
    scores
      .filter(({ contentKey }) => store.contents.findScore(contentKey) === null)
      .map((one) => [one.contentKey, one]),
  );
  return [...Map.groupBy(missing.values(), ({ modelId }) => modelId)].map(([modelId, members]) => {
    const datasets = new Map<string, DatasetUse>();
    for (const { dataset, tuning } of members)
      for (const use of [dataset, ...tuning]) datasets.set(canonicalJson(use), use);
    const places = [...datasets.keys()];
    return {
      modelId,
      datasets: [...datasets.values()],
      specs: members.map(({ spec, dataset, contentKey, content }) => ({
        ...spec,
        place: places.indexOf(canonicalJson(dataset)),
        contentKey,
        content,
      })),
    };
  });
}
