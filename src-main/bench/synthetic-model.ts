import { StudioError } from '../../src-shared/contract/errors.ts';
import { type LinearModule, type ModelDescription, plainLinear } from '../../src-shared/domain/models/model.ts';
import { elementCount, type HostTensor, type TensorSource } from '../engine/api/base-parts.ts';
import { RandomTensors } from './random-tensors.ts';

/** Modules of a layer, by the peer's names. */
export interface SyntheticLayer {
  /** Last name, sizes and bias of each linear. */
  readonly linears: readonly {
    readonly name: string;
    readonly inFeatures: number;
    readonly outFeatures: number;
    readonly hasBias: boolean;
  }[];
  /** Vectors of hidden size: weights are near 1, biases near 0. */
  readonly norms: readonly string[];
}

export interface SyntheticModelPlan {
  readonly kind: ModelDescription['kind'];
  readonly layers: number;
  readonly hidden: number;
  readonly layer: SyntheticLayer;
  /** Tensors outside the layers, with shape and standard deviation. */
  readonly others: Readonly<Record<string, { readonly shape: readonly number[]; readonly deviation: number }>>;
  /** Classes of the head; null for a model without a head. */
  readonly classes: number | null;
}

/** A synthetic model: its description and its seeded tensors as a source for the engine's blocks. */
export interface SyntheticModel {
  readonly description: ModelDescription;
  readonly source: TensorSource;
  /** All tensors but the linear layers', by the peer's names. */
  readonly extras: ReadonlyMap<string, HostTensor>;
}

export function makeSyntheticModel(plan: SyntheticModelPlan): SyntheticModel {
  const made = new RandomTensors(7);
  const tensors = new Map<string, HostTensor>();
  const linears: LinearModule[] = [];
  const addLinear = (name: string, layer: number | null, sizes: Omit<SyntheticLayer['linears'][number], 'name'>) => {
    const { inFeatures, outFeatures, hasBias } = sizes;
    tensors.set(`${name}.weight`, made.uniform([outFeatures, inFeatures], 0.7 / Math.sqrt(inFeatures)));
    if (hasBias) tensors.set(`${name}.bias`, made.uniform([outFeatures], 0.02));
    const place = { layer, isHead: layer === null, aliases: [], checkpointKey: name };
    linears.push({ name, ...place, ...plainLinear, inFeatures, outFeatures, hasBias });
  };
  const extras = new Map<string, HostTensor>();
  const addExtra = (name: string, tensor: HostTensor) => {
    extras.set(name, tensor);
    tensors.set(name, tensor);
  };
  for (const [name, { shape, deviation }] of Object.entries(plan.others))
    addExtra(name, made.uniform(shape, deviation, name.endsWith('norm.weight') ? 1 : 0));
  for (let layer = 0; layer < plan.layers; layer++) {
    for (const { name, ...sizes } of plan.layer.linears) addLinear(`layers.${layer}.${name}`, layer, sizes);
    for (const name of plan.layer.norms)
      addExtra(`layers.${layer}.${name}`, made.uniform([plan.hidden], 0.05, name.endsWith('weight') ? 1 : 0));
  }
  if (plan.classes !== null)
    addLinear('head', null, { inFeatures: plan.hidden, outFeatures: plan.classes, hasBias: true });
  const parameterCount = [...tensors.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
  return {
    description: {
      family: 'bench',
      architecture: 'synthetic',
      kind: plan.kind,
      parameterCount,
      sizeBytes: 4 * parameterCount,
      dtype: 'F32',
      layerCount: plan.layers,
      hiddenSize: plan.hidden,
      labels: Array.from({ length: plan.classes ?? 0 }, (_, index) => `class ${index}`),
      image: null,
      text: null,
      linears,
      fingerprint: '',
    },
    source: sourceOf(tensors),
    extras,
  };
}

/** The linear layer `layers.<layer>.<name>` of a synthetic model. */
export function linearOf(model: SyntheticModel, layer: number, name: string): LinearModule {
  const found = model.description.linears.find((module) => module.name === `layers.${layer}.${name}`);
  if (found === undefined) throw new Error(`the synthetic model has no linear layer ${name}`);
  return found;
}

function sourceOf(tensors: ReadonlyMap<string, HostTensor>): TensorSource {
  const path = 'the synthetic model';
  const get = (name: string) => {
    const found = tensors.get(name);
    if (found === undefined) throw new StudioError('internal', `${path} lacks the tensor "${name}".`);
    return found;
  };
  return {
    path,
    names: [...tensors.keys()],
    has: (name) => tensors.has(name),
    info: (name) => ({ dtype: 'F32', shape: get(name).shape }),
    read: async (name) => get(name),
    lend: async (name, use) => use({ ...get(name), finite: true }),
    close: async () => undefined,
  };
}
