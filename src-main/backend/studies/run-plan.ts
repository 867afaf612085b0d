import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { JobRecord } from '../../../src-shared/domain/job.ts';
import { type JobSpec, leavesOf, type Score, type ScoreSpec, type Subject } from '../../../src-shared/domain/plan.ts';
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
}

/**
 * Completes a plan: trains the missing or unfinished runs, then computes the missing scores. Every score is stored
 * under its content key as soon as it is known, so that an interruption costs one evaluation at most. Returns the
 * scores by the keys of the plan.
 *
 * @throws StudioError refused if an adapter is missing, and the errors of the parts
 */
export async function runPlan(
  services: HandlerServices,
  specs: readonly JobSpec[],
  lead: PlanLead,
): Promise<(key: string) => Score> {
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

interface ResolvedScore {
  readonly spec: ScoreSpec;
  readonly modelId: string;
  readonly datasetId: string;
  readonly settings: ScorePayload['settings'];
  readonly contentKey: string;
  readonly content: string;
}

/** Every score with its subject's leaves resolved to adapters of the studio, and the key of its content. */
async function resolveScores(
  services: HandlerServices,
  specs: readonly JobSpec[],
  trained: ReadonlyMap<string, AdapterRecord>,
): Promise<ResolvedScore[]> {
  const scores = specs.filter((spec) => spec.kind === 'score');
  const adaptersOf = (subject: Subject): AdapterRecord[] =>
    leavesOf(subject).map((leaf) => {
      if (leaf.kind === 'adapter') return resolveReference(services.store, leaf.adapter);
      const adapter = trained.get(leaf.training);
      if (adapter === undefined) throw new RangeError(`The plan has no training "${leaf.training}".`);
      return adapter;
    });
  const all = scores.flatMap(({ subject }) => adaptersOf(subject));
  const resolved: ResolvedScore[] = [];
  for (const spec of scores) {
    const adapters = adaptersOf(spec.subject);
    const model = commonModel(services.store, adapters);
    const dataset = await resolveDataset(services, spec.dataset);
    // An imported adapter is scored with the task settings of the study's others.
    const settings = taskSettingsFor(services.store, [...adapters, ...all]);
    const subject = withAdapters(spec.subject, adapters);
    const content = await scoreKey(services, { model, dataset, eval_samples: spec.eval_samples, settings, subject });
    resolved.push({
      spec: { ...spec, subject },
      modelId: model.id,
      datasetId: dataset.id,
      settings,
      contentKey: content.key,
      content: content.content,
    });
  }
  return resolved;
}

/** The subject with its leaves, in order, taken from `adapters`. */
function withAdapters(subject: Subject, adapters: readonly AdapterRecord[]): Subject {
  const left = [...adapters];
  const replace = (of: Subject): Subject => {
    if (of.kind === 'merge')
      return { ...of, inputs: of.inputs.map((input) => ({ ...input, subject: replace(input.subject) })) };
    if (of.kind === 'prune') return { ...of, subject: replace(of.subject) };
    return { kind: 'adapter', adapter: { adapterId: left.shift()?.id ?? '' } };
  };
  return replace(subject);
}

/** The distinct missing scores, grouped by base and dataset. */
function groupsOfMissing({ store }: HandlerServices, scores: readonly ResolvedScore[]): ScorePayload[] {
  const missing = new Map(
    scores
      .filter(({ contentKey }) => store.contents.findScore(contentKey) === null)
      .map((one) => [one.contentKey, one]),
  );
  const groups = Map.groupBy(missing.values(), ({ modelId, datasetId, settings, spec }) =>
    canonicalJson([modelId, datasetId, settings, spec.eval_samples]),
  );
  return [...groups.values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const { modelId, datasetId, settings, spec } = first;
    return {
      modelId,
      datasetId,
      settings,
      eval_samples: spec.eval_samples,
      specs: members.map((member) => ({
        ...member.spec,
        contentKey: member.contentKey,
        content: member.content,
      })),
    };
  });
}
