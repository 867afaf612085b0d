import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { expectSchedule, unitsOfGroups } from '../../../src-shared/coto/expectation.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { PlannedAdapter } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import type { PreflightLine } from '../../../src-shared/domain/evaluation/evaluation.ts';
import type { ModelDescription, ModelRecord } from '../../../src-shared/domain/models/model.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { type TaskSettings, taskSettingsOf } from '../../../src-shared/domain/runs/task.ts';
import {
  type AdapterOutline,
  type PlannedOutline,
  plannedOutline,
  strengthProblem,
} from '../../engine/api/adapters.ts';
import { type MergeMethod, mergeMethod, preflightLines, pruneMethod } from '../../engine/api/merging.ts';
import { type MergeRefusal, type PlannedMerge, runTitle, type StudyAdapters } from '../../engine/api/studies.ts';
import { requireClassHead, requireTask, resolvePrimaryMetric, resolveTask } from '../../engine/api/tasks.ts';
import { forgettingField } from '../jobs/forgetting-field.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { requireModelOf } from '../library/adapters/adapter-base.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import { taskSettingsFor } from '../library/adapters/task-settings.ts';
import { canonicalJson } from '../library/content-keys.ts';
import { peekDataset } from '../library/datasets/datasets.ts';
import { resolveModel } from '../library/models/models.ts';
import { OutlineCache } from '../merging/outline-cache.ts';
import { isSavedAfter } from '../runs/checkpoint-adapters.ts';
import { estimateRun } from '../runs/estimate.ts';
import { plannedRun } from '../runs/planned-runs.ts';
import { checkedRun } from '../runs/run-yaml.ts';
import { requireRun } from '../runs/training-record.ts';

type Refusal = MergeRefusal | null;

/** A study's adapter before the study starts: one that is there, or the settings of the run that will make it. */
export type AdapterSource =
  | { readonly record: AdapterRecord; readonly config: null; readonly name: string }
  | { readonly record: null; readonly config: RunConfig; readonly name: string };

/** Provides facts about a study's adapters before it starts, from records and headers: no tensor is read. */
export class HomeStudyAdapters implements StudyAdapters {
  private readonly services: HandlerServices;
  private readonly outlines = new OutlineCache();
  private readonly planned = new Map<string, Promise<PlannedOutline>>();
  private readonly sources = new Map<string, AdapterSource>();

  constructor(services: HandlerServices) {
    this.services = services;
  }

  /** @throws StudioError for an adapter or a run that is not in the studio, and for settings that are no run */
  async sourceOf(adapter: PlannedAdapter): Promise<AdapterSource> {
    const key = JSON.stringify('run' in adapter ? { run: adapter.run } : adapter);
    const known = this.sources.get(key) ?? (await this.findSource(adapter));
    this.sources.set(key, known);
    return known;
  }

  private async findSource(adapter: PlannedAdapter): Promise<AdapterSource> {
    const { store } = this.services;
    const of = (id: string): AdapterSource => {
      const record = requireAdapter(store, id);
      return { record, config: null, name: record.name };
    };
    if ('adapterId' in adapter) return of(adapter.adapterId);
    if ('runId' in adapter) {
      const { adapterId, config, name } = requireRun(store, adapter.runId);
      return adapterId === null ? { record: null, config, name } : of(adapterId);
    }
    const run = await plannedRun(this.services, { config: adapter.run });
    if (run?.status === 'completed' && run.adapterId !== null) return of(run.adapterId);
    const config = checkedRun(adapter.run);
    return { record: null, config, name: adapter.name ?? runTitle(config) };
  }

  private async sourcesOf(adapters: readonly PlannedAdapter[]): Promise<AdapterSource[]> {
    const sources: AdapterSource[] = [];
    for (const adapter of adapters) sources.push(await this.sourceOf(adapter));
    return sources;
  }

  /** The common base. @throws StudioError refused if they have different bases, or one not in the studio */
  async baseOf(sources: readonly AdapterSource[]): Promise<ModelRecord> {
    const { store } = this.services;
    const [first, ...others] = sources;
    if (first === undefined) throw new StudioError('invalid_input', 'No adapter was named.').at('adapters');
    const modelOf = async ({ record, config }: AdapterSource) =>
      record === null ? resolveModel(this.services, config.model) : requireModelOf(store, record);
    const base = await modelOf(first);
    for (const other of others) {
      const { id } = await modelOf(other);
      if (id !== base.id)
        throw new StudioError(
          'refused',
          `"${first.name}" and "${other.name}" have different bases (${base.id}, ${id}).`,
          'Choose adapters of the same base.',
        ).at('adapters');
    }
    return base;
  }

  /** The settings of the task that these are scored with: those of the first that tells them. */
  taskOf(sources: readonly AdapterSource[]): TaskSettings {
    const [first] = sources;
    if (first?.config) return taskSettingsOf(first.config);
    return taskSettingsFor(
      this.services.store,
      sources.flatMap(({ record }) => record ?? []),
    );
  }

  async refusalOf(merge: PlannedMerge): Promise<Refusal> {
    const { method: id, parameters, adapters, weights, dataset, score, isScaled } = merge;
    const method = mergeMethod(id);
    const sources = await this.sourcesOf(adapters);
    const { description } = await this.baseOf(sources);
    // The answers to the questions of a task have a mean.
    if (method.makes === 'outputs' && score === undefined) {
      const { task } = this.taskOf(sources);
      const { declaration } = requireTask(task, description, await peekDataset(this.services, dataset));
      if (declaration.outputsWithoutMean !== undefined) return withoutMean(declaration.outputsWithoutMean);
    }
    const outlines = await Promise.all(sources.map((source) => this.shapeOf(source, description)));
    // Adapters of planned runs have no heads yet, so all are compared by their labels alone.
    const isPlanned = sources.some(({ record }) => record === null);
    const compared = isPlanned ? outlines.map((outline) => ({ ...outline, saved: new Map(), labels: null })) : outlines;
    const { layerCount } = description;
    const names = sources.map(({ name }) => `"${name}"`);
    const refusal = refused(preflightLines(method, compared, weights, parameters, { names, layerCount }));
    return refusal ?? (isScaled === true ? refusalOfScale(method, compared) : null);
  }

  async refusalOfRun({
    method: id,
    run,
    parameters: given = {},
    adapters = 2,
    score,
    isScaled,
  }: Parameters<StudyAdapters['refusalOfRun']>[0]): Promise<Refusal> {
    const method = mergeMethod(id);
    const model = await resolveModel(this.services, run.model);
    if (method.makes === 'adapter') {
      const { description } = model;
      const outline = await this.plannedOf(run, description);
      const outlines = Array.from({ length: adapters }, () => ({ ...outline }));
      const parameters = checkedParameters(method.declaration, given);
      const names = outlines.map(() => 'The adapter');
      const weights = outlines.map(() => 1);
      const { layerCount } = description;
      const refusal = refused(preflightLines(method, outlines, weights, parameters, { names, layerCount }));
      return refusal ?? (isScaled === true ? refusalOfScale(method, outlines) : null);
    }
    if (score !== undefined) return null;
    const task = requireTask(run.task, model.description, await peekDataset(this.services, run.dataset));
    const { outputsWithoutMean } = task.declaration;
    return outputsWithoutMean === undefined ? null : withoutMean(outputsWithoutMean);
  }

  async pruneRefusalOfRun({
    method,
    parameters,
    run,
  }: Parameters<StudyAdapters['pruneRefusalOfRun']>[0]): Promise<Refusal> {
    const { description } = await resolveModel(this.services, run.model);
    return refusalBy(async () =>
      pruneMethod(method).check?.(await this.plannedOf(run, description), description, parameters),
    );
  }

  async headRefusalOfRun(run: RunConfig): Promise<Refusal> {
    const { description } = await resolveModel(this.services, run.model);
    const data = await peekDataset(this.services, run.dataset);
    const task = requireTask(run.task, description, data);
    return refusalBy(async () => requireClassHead(task, description, data));
  }

  async strengthProblemOfRun(run: RunConfig, method: string | null): Promise<string | null> {
    const { description } = await resolveModel(this.services, run.model);
    return scaleProblem(method === null ? null : mergeMethod(method), [await this.plannedOf(run, description)]);
  }

  async budgetOfRun(run: RunConfig): ReturnType<StudyAdapters['budgetOfRun']> {
    const { totalSteps, groups, updateShare } = await estimateRun(this.services, run);
    const skipped = run.coto === null ? 0 : expectSchedule(run.coto, totalSteps, unitsOfGroups(groups)).skippedBackward;
    // The frozen base is passed forward and backward.
    return { steps: totalSteps, updateShare: updateShare ?? 1, layerPasses: 2 - skipped };
  }

  async savedIntervalsOf(run: RunConfig, steps: readonly number[]): Promise<number[]> {
    const { store } = this.services;
    const intervals = new Set(store.runs.list(false).map(({ config }) => config.save_steps));
    const found: number[] = [];
    for (const save_steps of intervals) {
      if (save_steps === 0) continue;
      const known = await plannedRun(this.services, { config: { ...run, save_steps } });
      if (known?.status === 'completed' && steps.every((step) => isSavedAfter(this.services, known, step)))
        found.push(save_steps);
    }
    return found;
  }

  measuresForgetting(): boolean {
    return forgettingField(this.services).forgetting !== undefined;
  }

  /** @throws StudioError if its files do not fit the base */
  outlineOf({ folder }: AdapterRecord, description: ModelDescription): Promise<AdapterOutline> {
    return this.outlines.read(this.services.home.absolute(folder), description);
  }

  /** Shape of the tensors of an adapter, or of the one that a run will make. */
  shapeOf({ record, config }: AdapterSource, description: ModelDescription): Promise<AdapterOutline | PlannedOutline> {
    return record === null ? this.plannedOf(config, description) : this.outlineOf(record, description);
  }

  /** A plan may come from others: the patterns of its settings are matched in the reader. */
  private plannedOf({ adapter }: Pick<RunConfig, 'adapter'>, description: ModelDescription): Promise<PlannedOutline> {
    const key = `${description.fingerprint} ${JSON.stringify(adapter)}`;
    const read = async () =>
      plannedOutline(adapter, await this.services.reader.read('plannedModules', { settings: adapter, description }));
    const outline = this.planned.get(key) ?? read();
    this.planned.set(key, outline);
    return outline;
  }

  async heldOutOf(adapter: PlannedAdapter): Promise<number | null> {
    const { record, config } = await this.sourceOf(adapter);
    if (record === null) return config.validation_samples;
    const { origin } = record;
    return origin.kind === 'run'
      ? (this.services.store.runs.find(origin.runId)?.config.validation_samples ?? null)
      : null;
  }

  async contentOf(adapter: PlannedAdapter): Promise<string> {
    const { record, config: run } = await this.sourceOf(adapter);
    if (record === null) return canonicalJson(checkedRun(run));
    const config = await readFile(join(this.services.home.absolute(record.folder), 'adapter_config.json'), 'utf8');
    return `${record.sha256} ${config}`;
  }

  nameOf(adapter: PlannedAdapter): string {
    const { store } = this.services;
    if ('run' in adapter) return adapter.name ?? runTitle(adapter.run);
    return 'adapterId' in adapter
      ? requireAdapter(store, adapter.adapterId).name
      : requireRun(store, adapter.runId).name;
  }

  async resolvePrimaryMetric(adapters: readonly PlannedAdapter[], dataset: string): Promise<string> {
    const sources = await this.sourcesOf(adapters);
    const { description } = await this.baseOf(sources);
    const settings = this.taskOf(sources);
    const data = await peekDataset(this.services, dataset);
    // The plan checks later, after its earlier parts, if the task suits the dataset.
    const task = resolveTask({ task: settings.task, model: description, columns: data.text?.columns ?? null });
    return resolvePrimaryMetric(task, data, settings);
  }

  async hasAccuracy(dataset: string): Promise<boolean> {
    return (await peekDataset(this.services, dataset)).text?.labelKind !== 'numbers';
  }
}

function withoutMean(reason: string): MergeRefusal {
  return { message: `${reason}.`, hint: 'Merge the weights of the adapters instead.' };
}

function refused(lines: readonly PreflightLine[]): Refusal {
  const line = lines.find(({ verdict }) => verdict === 'refused');
  return line === undefined ? null : { message: line.message, hint: line.remedy };
}

/** The reason why no factor multiplies such an adapter, or the merge of such; null if one does. Most merges are plain LoRA. */
function scaleProblem(
  method: MergeMethod | null,
  [first]: readonly (AdapterOutline | PlannedOutline)[],
): string | null {
  return first && (method === null || 'mergeStates' in method) ? strengthProblem(first) : null;
}

/** The reason why λ cannot multiply the merge of such adapters; null if it can. */
function refusalOfScale(method: MergeMethod, outlines: readonly (AdapterOutline | PlannedOutline)[]): Refusal {
  const problem = scaleProblem(method, outlines);
  if (problem === null) return null;
  const message = `The merge has no scale λ to choose: ${problem}.`;
  return { message, hint: 'Leave out the method, or merge_scales.' };
}

/** The reason for which a check refuses; null if it passes. */
async function refusalBy(check: () => Promise<void>): Promise<Refusal> {
  try {
    await check();
    return null;
  } catch (thrown) {
    if (!(thrown instanceof StudioError) || thrown.code !== 'refused') throw thrown;
    return { message: thrown.message, hint: thrown.hint };
  }
}
