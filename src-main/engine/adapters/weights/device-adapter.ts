import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type LinearModule, type ModelDescription, withTaskHead } from '../../../../src-shared/domain/models/model.ts';
import type { BaseModel } from '../../models/base-model.ts';
import { type ReplacedColumns, replacedColumns } from '../../ops/indexing/replace-columns.ts';
import type { FrozenVector } from '../../ops/linear/frozen-vector.ts';
import { toHost, toTensor } from '../../ops/to-host.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { partKey, sharedKey } from '../peft-format/tensor-names.ts';
import { findLinear, sortByDepth } from '../targets/target-modules.ts';
import type { AdapterState, ModuleState } from '../variant/state.ts';
import type { AdapterVariant, TensorPart } from '../variant/variant.ts';
import type { TrainedModule } from '../variant/variant-training.ts';
import { frozenBias, requireBiasVector } from './base-biases.ts';
import { fitShared } from './fit-shared.ts';
import { type TokenTarget, tokenRowsKey, tokenRowsModule, tokenRowsShape, tokenTargets } from './trained-tokens.ts';

/** A linear or an embedding that is trained whole (modules_to_save) in place of the base's. */
export interface SavedModule {
  readonly module: LinearModule;
  /** [rows, inFeatures]; of an embedding its table [inFeatures, outFeatures]. */
  readonly weight: tf.Variable<tf.Rank.R2>;
  /** [rows] */
  readonly bias: tf.Variable<tf.Rank.R1> | null;
}

/** Rows of an embedding or a head that are trained in place of the base's. */
export interface TrainedTokens {
  readonly module: LinearModule;
  /** [tokens, width] */
  readonly rows: tf.Variable<tf.Rank.R2>;
  /** [vocabulary] int32: 0 for a token that is not trained, else 1 + its row. */
  readonly places: tf.Tensor1D;
  /** The tokens as columns of a head's logits. */
  readonly columns: ReplacedColumns;
}

/** An adapter on the device, and what of its state needs no device. */
export interface DeviceAdapter {
  readonly host: Omit<AdapterState, 'modules' | 'shared' | 'saved'>;
  readonly adapted: ReadonlyMap<string, TrainedModule>;
  readonly shared: ReadonlyMap<string, tf.Variable>;
  readonly whole: ReadonlyMap<string, SavedModule>;
  /** By the names of the modules; a tied head has its embedding's rows. */
  readonly tokens: ReadonlyMap<string, TrainedTokens>;
  /** Biases that replace the base's while the adapter is on. */
  readonly biases: readonly { readonly vector: FrozenVector; readonly standIn: tf.Tensor1D }[];
  /** Every trained tensor by its name in the model, from the input up: the adapters', then the modules saved whole. */
  readonly trained: ReadonlyMap<string, tf.Variable>;
  /** All tensors, those that are not trained among them. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
}

/**
 * Puts a state on the device. Variables of `before` are assigned where name and shape are the same, else disposed.
 * @throws StudioError refused where the adapter does not fit the base; `before` then stays as it is.
 */
export function toDevice(state: AdapterState, base: BaseModel, before: DeviceAdapter | null): DeviceAdapter {
  const { variant, modules, shared: _, saved, ...host } = state;
  const sharedTensors = fitShared(state, base.description);
  const placed = inOrder(
    [...modules].map(([name, own]) => ({ own, ...fitting(variant, state, name, own, base) })),
    base,
  );
  const sharedParts =
    variant.shared?.parts(
      placed.map(({ module }) => module),
      state.parameters,
    ) ?? [];
  if (placed.length > 0) requireParts(sharedParts, sharedTensors, (part) => sharedKey(variant, part));
  const description = withTaskHead(base.description, state.config.task_type);
  const savedModules = [...saved.keys()].flatMap((name) =>
    tokenRowsModule(name) === null ? moduleOfSaved(name, description) : [],
  );
  for (const module of savedModules)
    if (!saved.has(`${module.name}.weight`))
      throw new StudioError('refused', `The adapter saves ${module.name}.bias without its weight.`);
  const rowTargets = tokenTargets(state.config, description).map((target) => ({
    ...target,
    host: tokenRows(target, saved),
  }));
  for (const name of state.biases.keys()) requireBiasVector(base.description, name);

  const variables = new Map<string, tf.Variable>();
  const trained = new Map<string, tf.Variable>();
  const put = (name: string, tensor: HostTensor, trainable = true): tf.Variable => {
    const variable = assignOrCreate(before?.variables.get(name), tensor, trainable);
    variables.set(name, variable);
    if (trainable) trained.set(name, variable);
    return variable;
  };
  const shared = new Map<string, tf.Variable>();
  for (const { name, trainable } of sharedParts) {
    const tensor = sharedTensors.get(name);
    if (tensor) shared.set(name, put(sharedKey(variant, name), tensor, trainable));
  }
  const adapted = new Map<string, TrainedModule>();
  for (const { module, own, parts } of placed) {
    const tensors = new Map(shared);
    for (const { name, trainable } of parts) {
      const tensor = own.tensors.get(name);
      if (tensor) tensors.set(name, put(partKey(variant, module, name), tensor, trainable));
    }
    const trainedNames = new Map(
      parts.filter(({ trainable }) => trainable).map(({ name }) => [name, partKey(variant, module, name)]),
    );
    const { rank, scaling } = own;
    adapted.set(module.name, { module, rank, scaling, parameters: state.parameters, tensors, trainedNames });
  }
  const whole = new Map<string, SavedModule>();
  for (const module of new Set(savedModules)) {
    const [weight, bias] = ['weight', 'bias'].map((part) => saved.get(`${module.name}.${part}`));
    if (!weight) continue;
    whole.set(module.name, {
      module,
      weight: matrix(put(`${module.name}.weight`, weight)),
      bias: bias ? vector(put(`${module.name}.bias`, bias)) : null,
    });
  }
  const tokens = new Map<string, TrainedTokens>();
  for (const { module, ids, tiedHead, host: own } of rowTargets) {
    const rows = matrix(put(tokenRowsKey(module), own));
    for (const one of tiedHead ? [module, tiedHead] : [module]) tokens.set(one.name, trainedTokensOf(one, ids, rows));
  }
  const biases = [...state.biases].map(([name, { data }]) => ({
    vector: frozenBias(base, name),
    standIn: tf.keep(tf.tensor1d(Float32Array.from(data), 'float32')),
  }));
  if (before) disposeAdapter(before, variables);
  return { host: { variant, ...host }, adapted, shared, whole, tokens, biases, trained, variables };
}

/** Copies it to the host. */
export async function fromDevice({
  host,
  adapted,
  shared: sharedVariables,
  whole,
  tokens,
}: DeviceAdapter): Promise<AdapterState> {
  const shared = await copied(sharedVariables);
  const modules = new Map<string, ModuleState>();
  for (const [name, { rank, scaling, tensors }] of adapted) {
    const own = new Map([...tensors].filter(([part]) => !shared.has(part)));
    modules.set(name, { rank, scaling, tensors: await copied(own) });
  }
  const saved = new Map<string, HostTensor>();
  for (const [name, { weight, bias }] of whole) {
    saved.set(`${name}.weight`, await toHost(weight));
    if (bias) saved.set(`${name}.bias`, await toHost(bias));
  }
  const copiedRows = new Set<tf.Variable>();
  for (const { module, rows } of tokens.values()) {
    // A tied head comes after the embedding whose rows it has.
    if (!copiedRows.has(rows)) saved.set(tokenRowsKey(module), await toHost(rows));
    copiedRows.add(rows);
  }
  return { ...host, modules, shared, saved };
}

/** Tensors by the names of their parts, copied to the host. */
async function copied(tensors: ReadonlyMap<string, tf.Variable>): Promise<Map<string, HostTensor>> {
  const host = new Map<string, HostTensor>();
  for (const [part, tensor] of tensors) host.set(part, await toHost(tensor));
  return host;
}

/** Gives back its tensors, all but those variables that `kept` has too. */
export function disposeAdapter(
  { variables, biases, tokens }: DeviceAdapter,
  kept: ReadonlyMap<string, tf.Variable> = new Map(),
): void {
  for (const [name, variable] of variables) if (kept.get(name) !== variable) variable.dispose();
  for (const { standIn } of biases) standIn.dispose();
  for (const { places, columns } of tokens.values()) tf.dispose([places, { ...columns }]);
}

/** @throws StudioError refused where the saved tensors do not have the rows of the adapter's config */
function tokenRows(target: TokenTarget, saved: AdapterState['saved']): HostTensor {
  const [key, shape] = [tokenRowsKey(target.module), tokenRowsShape(target)];
  const rows = saved.get(key);
  if (rows && isShape(rows, shape)) return rows;
  throw new StudioError(
    'refused',
    `The adapter does not fit its tokens: ${key} is ${rows ? `[${rows.shape.join(', ')}]` : 'missing'}, not [${shape.join(', ')}].`,
    'Was the adapter made for another base model?',
  );
}

function trainedTokensOf(module: LinearModule, ids: readonly number[], rows: tf.Variable<tf.Rank.R2>): TrainedTokens {
  const count = module.kind === 'embedding' ? module.inFeatures : module.outFeatures;
  const places = new Int32Array(count);
  for (const [row, id] of ids.entries()) places[id] = row + 1;
  return { module, rows, places: tf.tensor1d(places, 'int32'), columns: replacedColumns(ids, count) };
}

function fitting(
  variant: AdapterVariant,
  { parameters }: AdapterState,
  name: string,
  { rank, tensors }: ModuleState,
  base: BaseModel,
): { module: LinearModule; parts: TensorPart[] } {
  const module = findLinear(base.description, name);
  if (module?.name !== name)
    throw new StudioError(
      'refused',
      `The base has no linear layer ${name}, which the adapter is for.`,
      'Was the adapter made for another base model?',
    );
  if (module.kind === 'embedding') requireEmbedding(variant, module);
  const parts = variant.parts(module, { rank, parameters });
  requireParts(parts, tensors, (part) => partKey(variant, module, part));
  variant.checkTensors?.(module, tensors);
  return { module, parts };
}

/** @throws StudioError refused where the variant has no way to adapt an embedding. */
export function requireEmbedding({ embedding, declaration }: AdapterVariant, { name }: LinearModule): void {
  if (embedding) return;
  throw new StudioError(
    'refused',
    `${declaration.label} adapts linear layers, and ${name} is an embedding.`,
    'Leave it out of target_modules, add it to modules_to_save to train it as a whole, or choose LoRA.',
  ).at('adapter.target_modules');
}

function requireParts(
  parts: readonly TensorPart[],
  tensors: ReadonlyMap<string, HostTensor>,
  key: (part: string) => string,
): void {
  for (const { name, shape } of parts) {
    const tensor = tensors.get(name);
    if (tensor && isShape(tensor, shape)) continue;
    throw new StudioError(
      'refused',
      `The adapter does not fit the base: ${key(name)} is ${tensor ? `[${tensor.shape.join(', ')}]` : 'missing'}, not [${shape.join(', ')}].`,
      'Was the adapter made for another base model?',
    );
  }
}

function moduleOfSaved(name: string, description: ModelDescription): LinearModule {
  const module = findLinear(description, name.slice(0, name.lastIndexOf('.')));
  if (module) return module;
  throw new StudioError('refused', `The adapter saves ${name}, which is not a linear layer of the base.`);
}

function inOrder<Item extends { module: LinearModule }>(items: readonly Item[], base: BaseModel): Item[] {
  const order = sortByDepth(base.description).map((module) => module.name);
  return [...items].sort((one, other) => order.indexOf(one.module.name) - order.indexOf(other.module.name));
}

function assignOrCreate(existing: tf.Variable | undefined, tensor: HostTensor, trainable: boolean): tf.Variable {
  const values = toTensor(tensor);
  try {
    if (existing?.dtype !== values.dtype || !isShape(tensor, existing.shape)) return tf.variable(values, trainable);
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

/** Runs parts of a base with an adapter's biases in place of its own. */
export class BiasSwap {
  private isSwapped = false;

  /** A part that runs others swaps once: inner calls find the biases in place. */
  run<Result>(biases: DeviceAdapter['biases'], part: () => Result): Result {
    if (biases.length === 0 || this.isSwapped) return part();
    this.isSwapped = true;
    try {
      for (const { vector, standIn } of biases) vector.replace(standIn);
      return part();
    } finally {
      for (const { vector } of biases) vector.replace(null);
      this.isSwapped = false;
    }
  }
}
