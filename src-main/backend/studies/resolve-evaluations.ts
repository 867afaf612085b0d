import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import {
  leavesOf,
  type MasksSpec,
  type ScoredTask,
  type ScoreSpec,
  type Subject,
  trainedKey,
  tuningOf,
  withLeaves,
  withTuningDatasets,
} from '../../../src-shared/domain/studies/plan.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { commonModel } from '../library/adapters/adapter-base.ts';
import { resolveReference } from '../library/adapters/adapters.ts';
import { taskSettingsFor } from '../library/adapters/task-settings.ts';
import { type ContentKey, canonicalJson, type ScoredContent } from '../library/content-keys.ts';
import { resolveDataset } from '../library/datasets/datasets.ts';
import { readScoredTask } from './scored-task.ts';
import type { DatasetUse } from './subject-fields.ts';

/** A part of a plan that is evaluated, with its subject's leaves resolved to adapters of the studio. */
export interface ResolvedEvaluation<Spec> {
  readonly spec: Spec & { subject: Subject; contentKey: string; content: string };
  readonly modelId: string;
  readonly dataset: DatasetUse;
  /** Datasets that its merges are tuned on. */
  readonly tuning: readonly DatasetUse[];
}

/** Evaluations on one base, as the jobs take them; `place` is the index of the dataset. */
export interface EvaluationGroup<Spec> {
  readonly modelId: string;
  readonly datasets: DatasetUse[];
  readonly specs: (ResolvedEvaluation<Spec>['spec'] & { place: number })[];
}

/**
 * Resolves every leaf to an adapter of the studio, and adds the key of the content.
 * @param trained the adapters of the plan's trainings, and of their checkpoints, by `trainedKey`
 * @throws StudioError refused if an adapter is missing, or its base is
 */
export async function resolveEvaluations<Spec extends ScoreSpec | MasksSpec>(
  services: HandlerServices,
  specs: readonly Spec[],
  trained: ReadonlyMap<string, AdapterRecord>,
  keyOf: (content: ScoredContent, spec: Spec) => Promise<ContentKey>,
): Promise<ResolvedEvaluation<Spec>[]> {
  const { store } = services;
  const adaptersOf = (subject: Subject): AdapterRecord[] =>
    leavesOf(subject).map((leaf) => {
      if (leaf.kind === 'adapter') return resolveReference(store, leaf.adapter);
      const adapter = trained.get(trainedKey(leaf));
      if (adapter === undefined) throw new RangeError(`The plan has no training "${trainedKey(leaf)}".`);
      return adapter;
    });
  const all = specs.flatMap(({ subject }) => adaptersOf(subject));
  const resolved: ResolvedEvaluation<Spec>[] = [];
  const tasks = new Map<string, string>();
  const hashOf = async (benchmark: ScoredTask, samples: number, model: ModelRecord): Promise<string> => {
    const key = canonicalJson([benchmark, samples, model.id]);
    const known = tasks.get(key) ?? (await readScoredTask(services, benchmark, { samples, model })).sha256;
    tasks.set(key, known);
    return known;
  };
  for (const spec of specs) {
    const { eval_samples, validation_samples, benchmark } = spec;
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
    const sha256 = benchmark === undefined ? undefined : await hashOf(benchmark, eval_samples, model);
    const scored = { model, dataset, eval_samples, ...held, settings, subject, questions: sha256 };
    const { key, content } = await keyOf(scored, spec);
    const asked = benchmark === undefined || sha256 === undefined ? {} : { benchmark: { ...benchmark, sha256 } };
    resolved.push({
      spec: { ...spec, subject, contentKey: key, content },
      modelId: model.id,
      dataset: { datasetId: dataset.id, eval_samples, ...held, ...asked, settings },
      tuning,
    });
  }
  return resolved;
}

/**
 * Groups evaluations by base. Evaluations on several datasets are one job, so that a merge evaluated on each is
 * computed once.
 */
export function groupEvaluations<Spec>(evaluations: readonly ResolvedEvaluation<Spec>[]): EvaluationGroup<Spec>[] {
  return [...Map.groupBy(evaluations, ({ modelId }) => modelId)].map(([modelId, members]) => {
    const datasets = new Map<string, DatasetUse>();
    for (const { dataset, tuning } of members)
      for (const use of [dataset, ...tuning]) datasets.set(canonicalJson(use), use);
    const places = [...datasets.keys()];
    return {
      modelId,
      datasets: [...datasets.values()],
      specs: members.map(({ spec, dataset }) => ({ ...spec, place: places.indexOf(canonicalJson(dataset)) })),
    };
  });
}

/** The subject with its leaves, in order, taken from `adapters`. */
function withAdapters(subject: Subject, adapters: readonly AdapterRecord[]): Subject {
  const left = [...adapters];
  return withLeaves(subject, () => ({ kind: 'adapter', adapter: { adapterId: left.shift()?.id ?? '' } }));
}
