import * as tf from '@tensorflow/tfjs-core';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import { orthogonality } from '../../ops/index.ts';
import { kept, restored, restoredHost } from '../../optimizers/state-tensors.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { budgetPhases } from '../peft-format/adalora-format.ts';
import type { AdapterState, ModuleState } from '../variant/state.ts';
import type { FinishedUpdate } from '../variant/training-hooks.ts';
import { partOf } from '../variant/variant.ts';
import type { TrainedModule, TrainingMethod, TrainingPlan } from '../variant/variant-training.ts';

/** Averages of |value · gradient| over the steps, and of its distance from that average; of the shape of a trained tensor. */
interface Importance {
  readonly sensitivity: tf.Variable;
  readonly uncertainty: tf.Variable;
}

/**
 * The training of AdaLoRA (Zhang et al. 2023), as PEFT's AdaLoraModel and RankAllocator: a penalty for A and B that are not
 * orthogonal, and after each step the budget of triplets, which falls by a cube from init_r to target_r. The least important
 * triplets of all modules together have their singular value set to 0. A module that is off keeps its importance.
 */
export class RankAllocator implements TrainingMethod {
  private readonly parameters: ParameterValues;
  private readonly modules: () => readonly TrainedModule[];
  private readonly totalSteps: number;
  private readonly phases: { readonly tinit: number; readonly tfinal: number };
  private readonly importance = new Map<string, Importance>();
  /** Remaining triplets of a module; null before the first allocation. */
  private left: ReadonlyMap<string, readonly boolean[]> | null = null;

  constructor({ totalSteps }: TrainingPlan, parameters: ParameterValues, modules: () => readonly TrainedModule[]) {
    this.parameters = parameters;
    this.modules = modules;
    this.totalSteps = totalSteps;
    this.phases = budgetPhases(parameters, totalSteps);
  }

  /** orth_reg_weight · mean of ‖A·Aᵀ − I‖ and ‖BᵀB − I‖ (Frobenius) over all modules, of which those that are off add nothing. */
  penalty(active: readonly TrainedModule[]): tf.Scalar {
    const norms = active.flatMap((module) => {
      return [orthogonality(partOf(module, 'a')), orthogonality(tf.transpose(partOf(module, 'b')))];
    });
    const weight = numberOf(this.parameters, 'orth_reg_weight') / (2 * this.modules().length);
    return tf.mul(
      norms.reduce((sum, norm) => tf.add(sum, norm), tf.scalar(0)),
      weight,
    );
  }

  async afterStep({ step, gradients, gradientScale }: FinishedUpdate): Promise<void> {
    const fixed = this.totalSteps - this.phases.tfinal;
    if (step < fixed) this.updateImportance(gradients, gradientScale);
    const isDue = step > this.phases.tinit && step % numberOf(this.parameters, 'deltaT') === 0;
    if (step === fixed || (step < fixed && isDue)) this.left = await this.allocate(this.budget(step));
    if (step === fixed) this.forget();
    if (step >= fixed || isDue) this.mask();
  }

  exported(state: AdapterState): AdapterState {
    const parameters = { ...state.parameters, ...this.phases, total_step: this.totalSteps };
    return this.left === null ? { ...state, parameters } : keptTriplets({ ...state, parameters }, this.left);
  }

  async state(): Promise<Map<string, HostTensor>> {
    const tensors = new Map<string, HostTensor>();
    for (const [name, { sensitivity, uncertainty }] of this.importance) {
      await kept(tensors, `${name}.exp_avg_ipt`, sensitivity);
      await kept(tensors, `${name}.exp_avg_unc`, uncertainty);
    }
    if (this.left === null) return tensors;
    // The folder holds only what is left of these.
    for (const [name, tensor] of this.tensors()) await kept(tensors, `${name}.full`, tensor);
    for (const [name, triplets] of this.left)
      tensors.set(`${name}.rank_pattern`, { shape: [triplets.length], data: Float32Array.from(triplets, Number) });
    return tensors;
  }

  restore(exported: AdapterState, tensors: ReadonlyMap<string, HostTensor>): AdapterState {
    this.forget();
    for (const [name, like] of this.tensors()) {
      if (!tensors.has(`${name}.exp_avg_ipt`)) continue;
      const sensitivity = restored(tensors, `${name}.exp_avg_ipt`, like);
      this.importance.set(name, { sensitivity, uncertainty: restored(tensors, `${name}.exp_avg_unc`, like) });
    }
    const { rank_pattern, ...config } = exported.config;
    if (rank_pattern == null) return exported;
    const rank = numberOf(this.parameters, 'init_r');
    const left = new Map<string, boolean[]>();
    const modules = new Map<string, ModuleState>();
    for (const { module, trainedNames, tensors: parts } of this.modules()) {
      const pattern = restoredHost(tensors, `${module.name}.rank_pattern`, [rank]);
      left.set(
        module.name,
        Array.from(pattern.data, (value) => Number(value) === 1),
      );
      const full = [...trainedNames].map(([part, name]): [string, HostTensor] => [
        part,
        restoredHost(tensors, `${name}.full`, parts.get(part)?.shape ?? []),
      ]);
      const { scaling } = exported.modules.get(module.name) ?? { scaling: 1 };
      modules.set(module.name, { rank, scaling, tensors: new Map(full) });
    }
    this.left = left;
    return { ...exported, config: { ...exported.config, ...config, rank_pattern: null }, modules };
  }

  dispose(): void {
    this.forget();
  }

  /** Triplets of all modules together after a step. */
  private budget(step: number): number {
    const { tinit, tfinal } = this.phases;
    const initial = numberOf(this.parameters, 'init_r') * this.modules().length;
    const target = numberOf(this.parameters, 'target_r') * this.modules().length;
    const toGo = 1 - (step - tinit) / (this.totalSteps - tfinal - tinit);
    return Math.trunc((initial - target) * toGo ** 3 + target);
  }

  private updateImportance(gradients: ReadonlyMap<string, tf.Tensor>, gradientScale: number): void {
    const [beta1, beta2] = [numberOf(this.parameters, 'beta1'), numberOf(this.parameters, 'beta2')];
    for (const [name, variable] of this.tensors()) {
      const gradient = gradients.get(name);
      if (gradient === undefined) continue;
      const { sensitivity, uncertainty } = this.importanceOf(name, variable);
      tf.tidy(() => {
        const now = tf.abs(tf.mul(variable, tf.mul(gradient, gradientScale)));
        sensitivity.assign(tf.add(tf.mul(sensitivity, beta1), tf.mul(now, 1 - beta1)));
        const distance = tf.abs(tf.sub(now, sensitivity));
        uncertainty.assign(tf.add(tf.mul(uncertainty, beta2), tf.mul(distance, 1 - beta2)));
      });
    }
  }

  /** The triplets whose importance is above that of the first ones that the budget has no place for. */
  private async allocate(budget: number): Promise<Map<string, boolean[]>> {
    const scores = new Map<string, Float32Array>();
    for (const module of this.modules()) {
      const score = tf.tidy(() => this.scores(module));
      scores.set(module.module.name, Float32Array.from(await score.data()));
      score.dispose();
    }
    const ascending = [...scores.values()].flatMap((values) => [...values]).sort((one, other) => one - other);
    const threshold = ascending[ascending.length - budget - 1] ?? Number.NEGATIVE_INFINITY;
    return new Map([...scores].map(([name, values]) => [name, Array.from(values, (value) => value > threshold)]));
  }

  /**
   * Scores each triplet: the score of its singular value, plus the mean ones of its row of A and its column of B. [r]
   */
  private scores({ trainedNames, tensors }: TrainedModule): tf.Tensor {
    const entries = (part: string): tf.Tensor => {
      const own = this.importance.get(trainedNames.get(part) ?? '');
      return own ? tf.mul(own.sensitivity, own.uncertainty) : tf.zeros(tensors.get(part)?.shape ?? []);
    };
    const vectors = tf.add(tf.mean(entries('a'), 1), tf.mean(entries('b'), 0));
    return tf.add(tf.reshape(entries('e'), [-1]), vectors);
  }

  private mask(): void {
    for (const module of this.modules()) {
      const left = this.left?.get(module.module.name);
      if (left === undefined) continue;
      const e = partOf(module, 'e');
      tf.tidy(() => e.assign(tf.mul(e, tf.tensor2d(Float32Array.from(left, Number), [left.length, 1]))));
    }
  }

  private importanceOf(name: string, { shape }: tf.Tensor): Importance {
    const known = this.importance.get(name);
    if (known) return known;
    const zeros = () => tf.tidy(() => tf.variable(tf.zeros(shape), false));
    const fresh = { sensitivity: zeros(), uncertainty: zeros() };
    this.importance.set(name, fresh);
    return fresh;
  }

  private forget(): void {
    for (const { sensitivity, uncertainty } of this.importance.values()) tf.dispose([sensitivity, uncertainty]);
    this.importance.clear();
  }

  /** Every trained tensor by its name in the model. */
  private tensors(): [string, tf.Variable][] {
    return this.modules().flatMap((module) =>
      [...module.trainedNames].map(([part, name]): [string, tf.Variable] => [name, partOf(module, part)]),
    );
  }
}

/** An AdaLoRA of fewer triplets, with the lists of PEFT's rank_pattern. @param left by module, of each triplet whether it stays. */
function keptTriplets(state: AdapterState, left: ReadonlyMap<string, readonly boolean[]>): AdapterState {
  const modules = new Map<string, ModuleState>();
  const lists: Record<string, boolean[]> = {};
  const counts: Record<string, number> = {};
  for (const [name, module] of state.modules) {
    const triplets = left.get(name) ?? [];
    const places = triplets.flatMap((stays, at) => (stays ? [at] : []));
    const tensors = new Map<string, HostTensor>();
    for (const [part, tensor] of module.tensors)
      tensors.set(part, part === 'b' ? columns(tensor, places) : rows(tensor, places));
    modules.set(name, { ...module, rank: places.length, tensors });
    lists[`${name}.lora_E`] = [...triplets];
    counts[name] = places.length;
  }
  return {
    ...state,
    modules,
    parameters: { ...state.parameters, rank_pattern: counts },
    config: { ...state.config, rank_pattern: lists },
  };
}

function rows({ shape, data }: HostTensor, places: readonly number[]): HostTensor {
  const width = shape[1] ?? 0;
  const values = new Float32Array(places.length * width);
  places.forEach((place, row) => {
    values.set(data.slice(place * width, (place + 1) * width), row * width);
  });
  return { shape: [places.length, width], data: values };
}

function columns({ shape, data }: HostTensor, places: readonly number[]): HostTensor {
  const [height = 0, width = 0] = shape;
  const values = Float32Array.from(
    { length: height * places.length },
    (_, at) => data[Math.floor(at / places.length) * width + (places[at % places.length] ?? 0)] ?? 0,
  );
  return { shape: [height, places.length], data: values };
}
