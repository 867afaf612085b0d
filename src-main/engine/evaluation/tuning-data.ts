import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetSource } from '../../../src-shared/domain/data/dataset.ts';
import type { TaskSettings } from '../../../src-shared/domain/runs/task.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import type { MaskEvaluator, MaskProgress } from '../adapters/model/mask-evaluator.ts';
import { partKey } from '../adapters/peft-format/tensor-names.ts';
import { findLinear } from '../adapters/targets/target-modules.ts';
import type { AdapterDescription, AdapterState } from '../adapters/variant/state.ts';
import { lora } from '../adapters/variants/lora.ts';
import type { TaskContext } from '../events.ts';
import { deviceInputs } from '../losses/batch-inputs.ts';
import type { MicroBatch } from '../losses/batch-loss.ts';
import { headDifference } from '../merge/checks/head-difference.ts';
import type { CandidateLoss, LossRequest, MergeCandidate, MergeData } from '../merge/merge-data.ts';
import { type MergeWeight, sum, weightAt } from '../merge/merge-method.ts';
import { describeMerge } from '../merge/run/merged-adapter.ts';
import { meanHead } from '../merge/run/task-heads.ts';
import type { BaseModel } from '../models/base-model.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { objectiveGradients, objectiveValue } from './batch-objective.ts';
import { MaskedModel } from './masks/masked-model.ts';
import { TuningMasks } from './masks/tuning-masks.ts';
import { recordInputs } from './record-inputs.ts';
import { TuningExamples } from './tuning-examples.ts';

/** Rows of a module's inputs that are kept at most. */
const maxRows = 4096;
/** Bytes of inputs that are in memory at a time; more would save passes over the examples. */
const inputBytes = 512 * 2 ** 20;

export interface TuningRequest {
  readonly modelDirectory: string;
  /** In the order of the merge. */
  readonly adapters: readonly {
    readonly weight: MergeWeight;
    /** Index of the adapter's dataset. */
    readonly dataset: number;
    read(): Promise<AdapterState>;
  }[];
  readonly datasets: readonly (DatasetSource & { readonly settings: TaskSettings })[];
  /** Examples of each dataset, at most. */
  readonly samples: number;
  readonly seed: number;
  /**
   * True if each dataset's candidates use the head of its adapters, like in merges of different tasks. Default: only if
   * the heads have no mean.
   */
  readonly ownHeads?: boolean;
  /** The base, loaded on first use; the caller disposes it. */
  base(): Promise<BaseModel>;
}

/** Tuning examples of each adapter's dataset, and candidates of the merge on them. */
export class TuningData implements MergeData {
  private readonly request: TuningRequest;
  private readonly context: TaskContext;
  private readonly examples = new Map<number, Promise<TuningExamples>>();
  private readonly states = new Map<number, Promise<AdapterState>>();
  private readonly alone = new Map<number, AdaptedModel>();
  private readonly recorded = new Map<number, ReadonlyMap<string, HostTensor>>();
  private heads: Promise<TaskHeads> | null = null;
  private candidate: AdaptedModel | null = null;
  private readonly masked: MaskedModel[] = [];

  constructor(request: TuningRequest, context: TaskContext) {
    this.request = request;
    this.context = context;
  }

  async inputs(adapter: number, module: string): Promise<HostTensor> {
    const known = this.recorded.get(adapter)?.get(module);
    if (known) return known;
    const [examples, base, state] = [await this.open(adapter), await this.request.base(), await this.state(adapter)];
    const read = await recordInputs(base, state, examples.batches(), {
      modules: modulesFrom(base, [...state.modules.keys()], module, inputBytes / this.request.adapters.length),
      rowsPerBatch: Math.ceil((16 * maxRows) / examples.count),
      seed: this.request.seed,
    });
    this.recorded.set(adapter, read);
    const found = read.get(module);
    if (found) return found;
    throw new StudioError(
      'refused',
      `${module} has no matrix of inputs: it is no linear layer that the examples reach.`,
      'Leave the module out of the adapters, or choose a method that needs no inputs.',
    );
  }

  async loss(candidate: MergeCandidate, request: LossRequest): Promise<CandidateLoss> {
    const load = this.loader(candidate);
    const chosen = request.adapter === undefined ? [...this.request.adapters.keys()] : [request.adapter];
    const totals = new Map<string, Float64Array>();
    let loss = 0;
    for (const adapter of chosen) {
      const model = await load(adapter);
      const examples = await this.open(adapter);
      const batches: MicroBatch[] = [];
      if (request.batch === undefined) for await (const batch of examples.batches()) batches.push(batch);
      else batches.push(await examples.batch(request.batch));
      const labels = sum(batches.map(({ loss }) => loss.counted())) * chosen.length;
      for (const batch of batches) {
        const share = batch.loss.counted() / Math.max(1, labels);
        loss += share * (await this.addBatch(model, batch, adapter, request, share, totals));
      }
    }
    if (!Number.isFinite(loss))
      throw new StudioError(
        'not_finite',
        'The loss of a merge that was tried out is not finite (NaN or infinity).',
        'Use smaller weights, or leave out adapters that have diverged.',
      );
    const model = await load(chosen[0] ?? 0);
    return { loss, gradients: request.gradients ? gradientsOf(candidate, totals, model) : null };
  }

  async score(candidate: MergeCandidate): Promise<number> {
    const load = this.loader(candidate);
    const scores: number[] = [];
    for (const adapter of this.request.adapters.keys())
      scores.push(await (await this.open(adapter)).score(await load(adapter)));
    return sum(scores) / scores.length;
  }

  masks(candidate: MergeCandidate): MaskEvaluator {
    // Adapters that share examples and head are scored alike.
    const evaluators = new Map<string, TuningMasks>();
    return {
      score: async (sets, progress) => {
        const { of } = await this.readHeadsOnce();
        const keys = this.request.adapters.map(
          ({ dataset }, adapter) => `${dataset} ${of.indexOf(of[adapter] ?? new Map())}`,
        );
        const distinct = [...new Set(keys)];
        const scores = new Map<string, number[]>();
        for (const [place, key] of distinct.entries()) {
          const evaluator = evaluators.get(key) ?? (await this.maskEvaluator(candidate, keys.indexOf(key)));
          evaluators.set(key, evaluator);
          const passed: MaskProgress = async (done, total) => progress?.(place * total + done, distinct.length * total);
          scores.set(key, await evaluator.score(sets, passed));
        }
        return sets.map((_, place) => sum(keys.map((key) => scores.get(key)?.[place] ?? Number.NaN)) / keys.length);
      },
    };
  }

  /** Frees models and datasets; the base stays its owner's. */
  async close(): Promise<void> {
    this.candidate?.dispose();
    for (const model of [...this.alone.values(), ...this.masked]) model.dispose();
    for (const examples of this.examples.values()) (await examples.catch(() => null))?.close();
  }

  /** Adds the gradients of a batch, times its share; returns its loss. */
  private async addBatch(
    model: AdaptedModel,
    batch: MicroBatch,
    adapter: number,
    { objective, gradients }: LossRequest,
    share: number,
    totals: Map<string, Float64Array>,
  ): Promise<number> {
    const alone = objective === 'outputs' ? await this.loadAlone(adapter) : null;
    const kept = tf.tidy((): tf.NamedTensorMap => {
      const outputs = alone && batch.loss.outputs(alone, alone.states(deviceInputs(batch.inputs)), batch.inputs);
      const goal = outputs ? { outputs } : objective === 'entropy' ? 'entropy' : 'task';
      if (!gradients) return { value: objectiveValue(model, batch, goal) };
      const found = objectiveGradients(model, batch, goal);
      const named = [...found.gradients].map(([name, gradient]) => [`of ${name}`, gradient] as const);
      return { ...Object.fromEntries(named), value: found.value };
    });
    try {
      for (const [key, gradient] of Object.entries(kept)) {
        if (key === 'value') continue;
        const values = await gradient.data();
        const total = totals.get(key.slice('of '.length)) ?? new Float64Array(values.length);
        for (let at = 0; at < total.length; at++) total[at] = (total[at] ?? 0) + share * (values[at] ?? 0);
        totals.set(key.slice('of '.length), total);
      }
      return (await kept['value']?.data())?.[0] ?? Number.NaN;
    } finally {
      tf.dispose(kept);
    }
  }

  private open(adapter: number): Promise<TuningExamples> {
    const place = this.request.adapters[adapter]?.dataset ?? 0;
    const known = this.examples.get(place) ?? this.openDataset(place);
    this.examples.set(place, known);
    return known;
  }

  private async openDataset(place: number): Promise<TuningExamples> {
    const { modelDirectory, datasets, samples, seed } = this.request;
    const source = datasets[place];
    if (!source) throw new Error(`there is no dataset ${place}`);
    const base = await this.request.base();
    return TuningExamples.open({ modelDirectory, base, source, samples, seed }, this.context);
  }

  private state(adapter: number): Promise<AdapterState> {
    const source = this.request.adapters[adapter];
    if (!source) throw new Error(`there is no adapter ${adapter}`);
    const known = this.states.get(adapter) ?? source.read();
    this.states.set(adapter, known);
    return known;
  }

  private async loadAlone(adapter: number): Promise<AdaptedModel> {
    const known = this.alone.get(adapter);
    if (known) return known;
    const model = new AdaptedModel(await this.request.base());
    model.loadState(await this.state(adapter));
    this.alone.set(adapter, model);
    return model;
  }

  /** Puts the candidate on the base with the head for an adapter's examples, again only where that head changes. */
  private loader(candidate: MergeCandidate): (adapter: number) => Promise<AdaptedModel> {
    let loaded: ReadonlyMap<string, HostTensor> | null = null;
    return async (adapter) => {
      const { described, of } = await this.readHeadsOnce();
      const head = of[adapter] ?? new Map();
      this.candidate ??= new AdaptedModel(await this.request.base());
      if (head === loaded) return this.candidate;
      this.candidate.loadState(candidateState(candidate, described, head));
      loaded = head;
      return this.candidate;
    };
  }

  private async maskEvaluator(candidate: MergeCandidate, adapter: number): Promise<TuningMasks> {
    const { described, of } = await this.readHeadsOnce();
    const state = candidateState(candidate, described, of[adapter] ?? new Map());
    const model = new MaskedModel(await this.request.base(), state);
    this.masked.push(model);
    return new TuningMasks(model, await this.open(adapter));
  }

  private readHeadsOnce(): Promise<TaskHeads> {
    this.heads ??= this.readHeads();
    return this.heads;
  }

  private async readHeads(): Promise<TaskHeads> {
    const { adapters, ownHeads } = this.request;
    const weights = adapters.map(({ weight }) => weightAt(weight, null));
    const all = await Promise.all(adapters.map((_, adapter) => this.state(adapter)));
    const places = all.map((_, adapter) => adapter);
    const used = places.filter((adapter) => weights[adapter] !== 0);
    const counted = used.length > 0 ? used : places;
    const states = counted.flatMap((adapter) => all[adapter] ?? []);
    const meanOf = (chosen: readonly number[]) =>
      meanHead(
        chosen.flatMap((adapter) => all[adapter] ?? []),
        chosen.map((adapter) => weights[adapter] ?? 0),
      );
    const described = describeMerge(states);
    if (ownHeads !== true && headDifference(states) === null) {
      const head = meanOf(used);
      return { described, of: places.map(() => head) };
    }
    const byDataset = new Map(
      [...Map.groupBy(places, (adapter) => adapters[adapter]?.dataset ?? 0)].map(([dataset, members]) => {
        const weighted = members.filter((adapter) => weights[adapter] !== 0);
        // An adapter that the merge leaves out still has the head of its task.
        const head = weighted.length > 0 ? meanOf(weighted) : (all[members[0] ?? 0]?.saved ?? new Map());
        return [dataset, head] as const;
      }),
    );
    return { described, of: adapters.map(({ dataset }) => byDataset.get(dataset) ?? new Map()) };
  }
}

/** The heads that a candidate is tried with, by adapter: the very same one where they share it. */
interface TaskHeads {
  readonly described: AdapterDescription;
  readonly of: readonly ReadonlyMap<string, HostTensor>[];
}

function candidateState(
  candidate: MergeCandidate,
  described: AdapterDescription,
  saved: ReadonlyMap<string, HostTensor>,
): AdapterState {
  const modules = new Map(
    [...candidate].map(([name, { a, b, rank, scaling }]) => {
      const tensors = new Map([
        ['a', a],
        ['b', b],
      ]);
      return [name, { rank, scaling, tensors }] as const;
    }),
  );
  return { ...described, modules, shared: new Map(), saved, biases: new Map() };
}

/** Names from `first` on, in the order of the base, as many as fit into `bytes`. */
function modulesFrom(base: BaseModel, names: readonly string[], first: string, bytes: number): Set<string> {
  const order = base.description.linears.filter(({ name }) => names.includes(name));
  const start = order.findIndex(({ name }) => name === first);
  const chosen = new Set([first]);
  let free = bytes;
  for (const { name, inFeatures } of order.slice(Math.max(0, start))) {
    free -= 4 * maxRows * inFeatures;
    if (free < 0) break;
    chosen.add(name);
  }
  return chosen;
}

function gradientsOf(
  candidate: MergeCandidate,
  totals: ReadonlyMap<string, Float64Array>,
  model: AdaptedModel,
): CandidateLoss['gradients'] {
  const variables = new Map([...model.trainable()].map(([name, variable]) => [name, variable.name]));
  const gradients = new Map<string, { a: HostTensor; b: HostTensor }>();
  for (const [name, { a, b }] of candidate) {
    const module = findLinear(model.base.description, name);
    if (!module) continue;
    const of = (part: 'a' | 'b', { shape, data }: HostTensor): HostTensor => {
      const found = totals.get(variables.get(partKey(lora, module, part)) ?? '');
      // Without a path to the loss the gradient is zero.
      return { shape, data: found ? Float32Array.from(found) : new Float32Array(data.length) };
    };
    gradients.set(name, { a: of('a', a), b: of('b', b) });
  }
  return gradients;
}
