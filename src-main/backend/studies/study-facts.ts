import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { AdapterReference } from '../../../src-shared/domain/adapter-reference.ts';
import type { PreflightLine } from '../../../src-shared/domain/evaluation.ts';
import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import type { AdapterOutline } from '../../engine/adapters/peft/open-adapter.ts';
import { plannedOutline } from '../../engine/adapters/planned-outline.ts';
import { adapterVariant } from '../../engine/adapters/variants/index.ts';
import { checkedParameters } from '../../engine/checked-parameters.ts';
import { mergeMethod } from '../../engine/merge/index.ts';
import { preflightLines } from '../../engine/merge/preflight.ts';
import { pruneMethod } from '../../engine/prune/index.ts';
import type { AskedMerge, MergeRefusal, StudyFacts } from '../../engine/studies/define-study-work.ts';
import { requireTask } from '../../engine/tasks/index.ts';
import { requireRun } from '../jobs/training-record.ts';
import { commonModel } from '../library/adapter-base.ts';
import { requireAdapter } from '../library/adapters.ts';
import { peekDataset } from '../library/datasets.ts';
import { resolveModel } from '../library/models.ts';
import { taskSettingsFor } from '../library/task-settings.ts';
import { OutlineCache } from '../merging/outline-cache.ts';
import type { HandlerServices } from '../services.ts';

type Refusal = MergeRefusal | null;

/** What the studio knows of a study's adapters before it starts, from records and headers: no tensor is read. */
export class StudioFacts implements StudyFacts {
  private readonly services: HandlerServices;
  private readonly outlines = new OutlineCache();

  constructor(services: HandlerServices) {
    this.services = services;
  }

  /** The adapter of a reference; null while its run has none. */
  recordOf(reference: AdapterReference): AdapterRecord | null {
    const { store } = this.services;
    if ('adapterId' in reference) return requireAdapter(store, reference.adapterId);
    const { adapterId } = requireRun(store, reference.runId);
    return adapterId === null ? null : requireAdapter(store, adapterId);
  }

  async refusalOf({ method: id, parameters, adapters, weights, dataset }: AskedMerge): Promise<Refusal> {
    const method = mergeMethod(id);
    const records = adapters.flatMap((reference) => this.recordOf(reference) ?? []);
    if (records.length < adapters.length) return method.makes === 'outputs' ? null : this.refusalOfVariants(adapters);
    const { store } = this.services;
    const { description } = commonModel(store, records);
    if (method.makes === 'outputs') {
      const { task } = taskSettingsFor(store, records);
      const { declaration } = requireTask(task, description, await peekDataset(this.services, dataset));
      if (declaration.id === 'causal-lm') return noOutputs;
    }
    const outlines = await Promise.all(records.map((record) => this.outlineOf(record, description)));
    const { layerCount } = description;
    const names = records.map(({ name }) => `"${name}"`);
    return refused(preflightLines(method, outlines, weights, parameters, { names, layerCount }));
  }

  async refusalOfRun({
    method: id,
    run,
    parameters: given = {},
    adapters = 2,
  }: Parameters<StudyFacts['refusalOfRun']>[0]): Promise<Refusal> {
    const method = mergeMethod(id);
    const model = await resolveModel(this.services, run.model);
    if (method.makes === 'adapter') {
      const { description } = model;
      const outlines = Array.from({ length: adapters }, () => plannedOutline(run.adapter, description));
      const parameters = checkedParameters(method.declaration, given);
      const names = outlines.map(() => 'The adapter');
      const weights = outlines.map(() => 1);
      const { layerCount } = description;
      return refused(preflightLines(method, outlines, weights, parameters, { names, layerCount }));
    }
    const task = requireTask(run.task, model.description, await peekDataset(this.services, run.dataset));
    return task.declaration.id === 'causal-lm' ? noOutputs : null;
  }

  async pruneRefusalOfRun({
    method,
    parameters,
    run,
  }: Parameters<StudyFacts['pruneRefusalOfRun']>[0]): Promise<Refusal> {
    const { description } = await resolveModel(this.services, run.model);
    try {
      pruneMethod(method).check?.(plannedOutline(run.adapter, description), description, parameters);
      return null;
    } catch (thrown) {
      if (!(thrown instanceof StudioError) || thrown.code !== 'refused') throw thrown;
      return { message: thrown.message, hint: thrown.hint };
    }
  }

  /** @throws StudioError if its files do not fit the base */
  outlineOf({ folder }: AdapterRecord, description: ModelDescription): Promise<AdapterOutline> {
    return this.outlines.read(this.services.home.absolute(folder), description);
  }

  async contentOf(reference: AdapterReference): Promise<string | null> {
    const record = this.recordOf(reference);
    if (record === null) return null;
    const config = await readFile(join(this.services.home.absolute(record.folder), 'adapter_config.json'), 'utf8');
    return `${record.sha256} ${config}`;
  }

  nameOf(reference: AdapterReference): string {
    const { store } = this.services;
    return 'adapterId' in reference
      ? requireAdapter(store, reference.adapterId).name
      : requireRun(store, reference.runId).name;
  }

  async hasAccuracy(dataset: string): Promise<boolean> {
    return (await peekDataset(this.services, dataset)).text?.labelKind !== 'numbers';
  }

  /** Of adapters that are not trained yet only the variant is known. */
  private refusalOfVariants(references: readonly AdapterReference[]): Refusal {
    for (const reference of references) {
      if (!('runId' in reference)) continue;
      const { name, config } = requireRun(this.services.store, reference.runId);
      const refusal = refusalOfVariant(config.adapter.variant, `"${name}"`);
      if (refusal !== null) return refusal;
    }
    return null;
  }
}

const noOutputs: MergeRefusal = {
  message: 'the outputs of language models cannot be averaged, since their token probabilities are not stored.',
  hint: 'Merge the weights of the adapters instead.',
};

function refusalOfVariant(variant: string, subject: string): Refusal {
  const { lowRank, declaration, notLowRank } = adapterVariant(variant);
  if (lowRank !== null) return null;
  return {
    message: `${subject} is a ${declaration.label} adapter, whose change of the weights is not B·A alone: ${notLowRank}.`,
    hint: 'Use the output ensemble, which runs each adapter as it is.',
  };
}

function refused(lines: readonly PreflightLine[]): Refusal {
  const line = lines.find(({ verdict }) => verdict === 'refused');
  return line === undefined ? null : { message: line.message, hint: line.remedy };
}
