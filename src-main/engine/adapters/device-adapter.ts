import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { LinearModule } from '../../../src-shared/domain/model.ts';
import type { BaseModel } from '../models/base-model.ts';
import type { FrozenVector } from '../ops/linear/frozen-vector.ts';
import { toHost } from '../ops/to-host.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { frozenBias, requireBiasVector } from './base-biases.ts';
import { factorName, factorParts, factorShape } from './peft/tensor-names.ts';
import type { AdapterState, ModuleFactors } from './state.ts';
import { findLinear, fromTheInputUp } from './target-modules.ts';
import type { AdapterVariant, DeviceFactors } from './variant.ts';
import { recognizeVariant } from './variants/index.ts';

/** A linear or an embedding with the factors on it. */
export interface AdaptedModule {
  readonly module: LinearModule;
  readonly rank: number;
  readonly factors: DeviceFactors;
  /** [outFeatures]: B's own bias. */
  readonly bias: tf.Variable<tf.Rank.R1> | null;
}

/** A linear or an embedding that is trained whole (modules_to_save) in place of the base's. */
export interface SavedModule {
  readonly module: LinearModule;
  /** [rows, inFeatures]; of an embedding its table [inFeatures, outFeatures]. */
  readonly weight: tf.Variable<tf.Rank.R2>;
  /** [rows] */
  readonly bias: tf.Variable<tf.Rank.R1> | null;
}

/** An adapter on the device, and what of its state needs no device. */
export interface DeviceAdapter {
  readonly variant: AdapterVariant;
  readonly host: Pick<AdapterState, 'config' | 'coto' | 'labels' | 'biases'>;
  readonly adapted: ReadonlyMap<string, AdaptedModule>;
  readonly whole: ReadonlyMap<string, SavedModule>;
  /** Biases that stand in for the base's while the adapter is on. */
  readonly biases: readonly { readonly vector: FrozenVector; readonly standIn: tf.Tensor1D }[];
  /** Every trained tensor by its name in the model, from the input up: the factors, then the modules saved whole. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
}

/**
 * Puts a state on the device. Variables of `before` are assigned where name and shape are the same, else disposed.
 * @throws StudioError refused where the adapter does not fit the base; `before` then stays as it is.
 */
export function toDevice(state: AdapterState, base: BaseModel, before: DeviceAdapter | null): DeviceAdapter {
  const variant = recognizeVariant(state.config, 'The adapter');
  const modules = [...state.modules].map(([name, factors]) => ({ module: fitting(name, factors, base), factors }));
  const savedModules = [...state.saved.keys()].map((name) => moduleOfSaved(name, base));
  for (const module of savedModules)
    if (!state.saved.has(`${module.name}.weight`))
      throw new StudioError('refused', `The adapter saves ${module.name}.bias without its weight.`);
  for (const name of state.biases.keys()) requireBiasVector(base.description, name);

  const variables = new Map<string, tf.Variable>();
  const put = (name: string, tensor: HostTensor): tf.Variable => {
    const variable = assignOrCreate(before?.variables.get(name), tensor);
    variables.set(name, variable);
    return variable;
  };
  const adapted = new Map<string, AdaptedModule>();
  for (const { module, factors } of inOrder(modules, base)) {
    const a = matrix(put(factorName(module, 'a'), factors.a));
    const b = matrix(put(factorName(module, 'b'), factors.b));
    const bias = factors.bias ? vector(put(factorName(module, 'bias'), factors.bias)) : null;
    const magnitude = factors.magnitude ? vector(put(factorName(module, 'magnitude'), factors.magnitude)) : null;
    const { rank, scaling } = factors;
    adapted.set(module.name, { module, rank, factors: { a, b, scaling, magnitude }, bias });
  }
  const whole = new Map<string, SavedModule>();
  for (const module of new Set(savedModules)) {
    const [weight, bias] = ['weight', 'bias'].map((part) => state.saved.get(`${module.name}.${part}`));
    if (!weight) continue;
    whole.set(module.name, {
      module,
      weight: matrix(put(`${module.name}.weight`, weight)),
      bias: bias ? vector(put(`${module.name}.bias`, bias)) : null,
    });
  }
  const biases = [...state.biases].map(([name, { data }]) => ({
    vector: frozenBias(base, name),
    standIn: tf.keep(tf.tensor1d(Float32Array.from(data), 'float32')),
  }));
  if (before) disposeAdapter(before, variables);
  const { config, coto, labels } = state;
  return { variant, host: { config, coto, labels, biases: state.biases }, adapted, whole, biases, variables };
}

/** Copies it to the host. */
export async function fromDevice({ host, adapted, whole }: DeviceAdapter): Promise<AdapterState> {
  const modules = new Map<string, ModuleFactors>();
  for (const [name, module] of adapted) modules.set(name, await hostFactors(module));
  const saved = new Map<string, HostTensor>();
  for (const [name, { weight, bias }] of whole) {
    saved.set(`${name}.weight`, await toHost(weight));
    if (bias) saved.set(`${name}.bias`, await toHost(bias));
  }
  return { ...host, modules, saved };
}

export async function hostFactors({ factors, rank, bias }: AdaptedModule): Promise<ModuleFactors> {
  const { a, b, scaling, magnitude } = factors;
  return {
    a: await toHost(a),
    b: await toHost(b),
    rank,
    scaling,
    ...(magnitude ? { magnitude: await toHost(magnitude) } : {}),
    ...(bias ? { bias: await toHost(bias) } : {}),
  };
}

/** Gives back its tensors, all but those variables that `kept` has too. */
export function disposeAdapter(
  { variables, biases }: DeviceAdapter,
  kept: ReadonlyMap<string, tf.Variable> = new Map(),
): void {
  for (const [name, variable] of variables) if (kept.get(name) !== variable) variable.dispose();
  for (const { standIn } of biases) standIn.dispose();
}

function fitting(name: string, factors: ModuleFactors, base: BaseModel): LinearModule {
  const module = findLinear(base.description, name);
  if (module?.name !== name)
    throw new StudioError(
      'refused',
      `The base has no linear ${name}, which the adapter is for.`,
      'Was the adapter made for another base model?',
    );
  for (const part of factorParts) {
    const tensor = factors[part];
    const expected = factorShape(module, part, factors.rank);
    if (tensor && !isShape(tensor, expected))
      throw new StudioError(
        'refused',
        `The adapter does not fit the base: ${factorName(module, part)} is [${tensor.shape.join(', ')}], not [${expected.join(', ')}].`,
        'Was the adapter made for another base model?',
      );
  }
  return module;
}

function moduleOfSaved(name: string, base: BaseModel): LinearModule {
  const module = findLinear(base.description, name.slice(0, name.lastIndexOf('.')));
  if (module) return module;
  throw new StudioError('refused', `The adapter saves ${name}, which is no linear of the base.`);
}

function inOrder<Item extends { module: LinearModule }>(items: readonly Item[], base: BaseModel): Item[] {
  const order = fromTheInputUp(base.description).map((module) => module.name);
  return [...items].sort((one, other) => order.indexOf(one.module.name) - order.indexOf(other.module.name));
}

function assignOrCreate(existing: tf.Variable | undefined, tensor: HostTensor): tf.Variable {
  const values = tf.tensor(new Float32Array(tensor.data), [...tensor.shape], 'float32');
  try {
    if (existing === undefined || !isShape(tensor, existing.shape)) return tf.variable(values);
    existing.assign(values);
    return existing;
  } finally {
    values.dispose();
  }
}

function matrix(variable: tf.Variable): tf.Variable<tf.Rank.R2> {
  if (!isMatrix(variable)) throw new Error(`expected a matrix, got shape [${variable.shape.join(', ')}]`);
  return variable;
}
function vector(variable: tf.Variable): tf.Variable<tf.Rank.R1> {
  if (!isVector(variable)) throw new Error(`expected a vector, got shape [${variable.shape.join(', ')}]`);
  return variable;
}
function isMatrix(variable: tf.Variable): variable is tf.Variable<tf.Rank.R2> {
  return variable.rank === 2;
}
function isVector(variable: tf.Variable): variable is tf.Variable<tf.Rank.R1> {
  return variable.rank === 1;
}

function isShape(tensor: { readonly shape: readonly number[] }, shape: readonly number[]): boolean {
  return tensor.shape.length === shape.length && shape.every((size, axis) => tensor.shape[axis] === size);
}
