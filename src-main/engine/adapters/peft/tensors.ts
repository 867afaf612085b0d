import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../../src-shared/domain/adapters/adapter.ts';
import {
  type LinearModule,
  labelHead,
  type ModelDescription,
  writesText,
} from '../../../../src-shared/domain/models/model.ts';
import { elementCount, type HostTensor } from '../../tensors/host-tensor.ts';
import { transposed } from '../../tensors/transpose.ts';
import { parsePartKey, partKey, sharedKey } from '../peft-format/tensor-names.ts';
import { findLinear, isSavedBy, patternNames, sortByDepth } from '../targets/target-modules.ts';
import type { AdapterDescription, AdapterState, ModuleState } from '../variant/state.ts';
import { isWithoutShared, type TensorPart } from '../variant/variant.ts';
import { findBiasVector } from '../weights/base-biases.ts';
import { tokenRowsKey, tokenRowsModule, tokenRowsShape, tokenTargets } from '../weights/trained-tokens.ts';
import { fuseExpertFactors } from './expert-factors.ts';

export const keyPrefix = 'base_model.model.';
export const sharedPrefix = 'base_model.';
export const incompleteHint = 'Copy or download the adapter again: it is incomplete.';

type Parts = Pick<AdapterState, 'variant' | 'modules' | 'shared' | 'saved' | 'biases'>;

/** Shape of a tensor to be placed, in memory or still in its file. */
interface Shaped {
  readonly shape: readonly number[];
}
/** A tensor of a module saved whole. `shape` is [out, in], an embedding's [in, out]. */
export interface PlacedSaved<T> extends Shaped {
  readonly tensor: T;
  /** True if the file has the tensor transposed, like the Conv1D of GPT-2. */
  readonly isTurned: boolean;
}

/** The tensors of a file, each in its place, by today's names; modules from the input up. */
export interface PlacedTensors<T> {
  readonly modules: ReadonlyMap<string, ModuleState<T>>;
  /** By the names of the parts that the whole adapter shares. */
  readonly shared: ReadonlyMap<string, T>;
  readonly saved: ReadonlyMap<string, PlacedSaved<T>>;
  readonly biases: ReadonlyMap<string, T>;
}

/** Facts from the file, its config and the base, for messages and checks. */
interface Source extends Pick<AdapterDescription, 'variant' | 'parameters' | 'config'> {
  readonly file: string;
  readonly description: ModelDescription;
}

/**
 * Gives every tensor of adapter_model.safetensors its place. Only names and shapes are looked at, so that a header is enough.
 * @throws StudioError naming the file and the tensor that does not fit the config or the base.
 */
export function sortTensors<T extends Shaped>(source: Source, tensors: ReadonlyMap<string, T>): PlacedTensors<T> {
  const { file, config, variant, description } = source;
  const parts = new Map<LinearModule, Map<string, T>>();
  const shared = new Map<string, T>();
  const sharedNames = new Map(
    variant.files.sharedParts?.map((part) => [sharedPrefix + sharedKey(variant, part), part]) ?? [],
  );
  const saved = new Map<string, PlacedSaved<T>>();
  const biases = new Map<string, T>();
  const targets = tokenTargets(config, description);
  for (const [key, tensor] of tensors) {
    if (isCopy(key, config, tensors)) continue;
    const sharedName = sharedNames.get(key);
    if (sharedName !== undefined) shared.set(sharedName, tensor);
    // PEFT stores a tensor that the modules share once more for each of them.
    if ([...sharedNames.keys()].some((one) => key.endsWith(one.slice(sharedPrefix.length - 1)))) continue;
    const name = key.startsWith(keyPrefix) ? key.slice(keyPrefix.length) : '';
    const found = parsePartKey(variant, description, name);
    if (found) {
      const given = parts.get(found.module) ?? new Map<string, T>();
      parts.set(found.module, given.set(found.part, tensor));
      continue;
    }
    const tokenModule = findLinear(description, tokenRowsModule(name) ?? '');
    const target = targets.find(({ module }) => module === tokenModule);
    if (target !== undefined) {
      checkShape(file, key, tensor, tokenRowsShape(target));
      saved.set(tokenRowsKey(target.module), { tensor, shape: tensor.shape, isTurned: false });
      continue;
    }
    const module = findLinear(description, name.replace(/\.(weight|bias)$/, ''));
    if (module && (isSaved(config, module) || isSavedAlong(description, module, name))) {
      saved.set(`${module.name}.${name.endsWith('.bias') ? 'bias' : 'weight'}`, oriented(source, key, module, tensor));
    } else if (config.bias !== 'none' && name.endsWith('.bias')) {
      const found = findBiasVector(description, name.replace(/\.base_layer\.bias$/, '.bias'));
      if (!found) throw unknownTensor(source, key);
      checkShape(file, key, tensor, [found.size]);
      biases.set(found.name, tensor);
    } else throw unknownTensor(source, key);
  }
  const modules = new Map<string, ModuleState<T>>();
  for (const module of sortByDepth(description)) {
    const given = parts.get(module);
    if (given) modules.set(module.name, checkedModule(source, module, given));
    checkSavedPair(file, module, saved);
    if (given && saved.has(`${module.name}.weight`))
      throw new StudioError(
        'invalid_file',
        `${file} contains ${module.name} both as a saved module and as an adapter.`,
      );
  }
  for (const { module } of targets) requireTokenRows(file, module, saved);
  checkShared(source, [...parts.keys()], shared);
  return { modules, shared, saved, biases };
}

/** The tensors of a state under PEFT's keys, laid out as PEFT stores them. */
export function peftTensors(state: Parts, description: ModelDescription): Map<string, HostTensor> {
  const { variant, modules, shared, saved, biases } = state;
  const tensors = new Map<string, HostTensor>();
  for (const [name, module] of modules) {
    const { kind, kernel } = findLinear(description, name) ?? { kind: 'linear', kernel: undefined };
    for (const [part, { shape, data }] of module.tensors)
      tensors.set(keyPrefix + partKey(variant, { name, kind }, part), {
        shape: kernel === undefined ? shape : storedShape({ kernel }, part, shape),
        data,
      });
  }
  for (const [part, tensor] of shared) tensors.set(sharedPrefix + sharedKey(variant, part), tensor);
  for (const [name, tensor] of biases) {
    const module = name.slice(0, -'.bias'.length);
    tensors.set(keyPrefix + (modules.has(module) ? `${module}.base_layer.bias` : name), tensor);
  }
  for (const [name, tensor] of saved) {
    const isTurned = name.endsWith('.weight') && findLinear(description, name.slice(0, -'.weight'.length))?.fanInFanOut;
    tensors.set(keyPrefix + name, isTurned ? transposed(tensor) : tensor);
  }
  return fuseExpertFactors(tensors, keyPrefix, description, modules);
}

/**
 * Copies that PEFT stores beside what was trained: of the base, or, of a module saved whole, of what is stored under its
 * own name.
 */
export function isCopy(
  key: string,
  { bias }: Pick<AdapterConfig, 'bias'>,
  tensors: Pick<ReadonlyMap<string, unknown>, 'has'>,
): boolean {
  if (/\.original_module\.(weight|bias)$/.test(key) || key.endsWith('.base_layer.weight')) return true;
  if (/\.modules_to_save\.(weight|bias)$/.test(key)) return tensors.has(key.replace('.modules_to_save.', '.'));
  return bias === 'none' && key.endsWith('.base_layer.bias');
}

/** PEFT may store a language model's embedding and head without saying so (save_embedding_layers), and loads them over the base's. */
function isSavedAlong(description: ModelDescription, module: LinearModule, name: string): boolean {
  return name.endsWith('.weight') && (module.kind === 'embedding' || (module.isHead && writesText(description)));
}

function isSaved({ modules_to_save }: AdapterConfig, module: LinearModule): boolean {
  const names = [module.name, ...module.aliases];
  return (modules_to_save ?? []).some((entry) => names.some((name) => isSavedBy(name, entry)));
}

function unknownTensor({ file, description }: Source, key: string): StudioError {
  return new StudioError(
    'invalid_file',
    `${file}: ${key} belongs to no linear layer of the base (${description.architecture}).`,
    'Was the adapter made for another base model?',
  );
}

function checkedModule<T extends Shaped>(
  source: Source,
  module: LinearModule,
  given: ReadonlyMap<string, T>,
): ModuleState<T> {
  const { file, variant, parameters } = source;
  const { rank, scaling } = variant.strength(parameters, patternNames(module));
  const wanted = variant.parts(module, { rank, parameters });
  const key = (part: string) => keyPrefix + partKey(variant, module, part);
  for (const part of given.keys())
    if (!wanted.some(({ name }) => name === part))
      throw new StudioError(
        'invalid_file',
        `${file}: ${key(part)} is there, but adapter_config.json does not say so (${variant.files.impliedBy?.[part] ?? part} is false).`,
        'The tensors and the config are of two different adapters.',
      );
  const flat = module.kernel === undefined ? given : asMatrices(wanted, given);
  return { rank, scaling, tensors: checkedParts(file, wanted, flat, key) };
}

/** Tensors of a convolution, [rank, channels, window…] and [out, rank, 1…], as the matrices that the variant knows. */
function asMatrices<T extends Shaped>(wanted: readonly TensorPart[], given: ReadonlyMap<string, T>): Map<string, T> {
  const flat = new Map(given);
  for (const { name, shape } of wanted) {
    const tensor = given.get(name);
    if (tensor && tensor.shape.length > 2 && elementCount(tensor.shape) === elementCount(shape))
      flat.set(name, { ...tensor, shape });
  }
  return flat;
}

/** The shape in which PEFT stores a part of a convolution's adapter: the inverse of `asMatrices`. */
export function storedShape(
  { kernel }: Pick<LinearModule, 'kernel'>,
  part: string,
  shape: readonly number[],
): readonly number[] {
  if (kernel === undefined) return shape;
  const ones = kernel.slice(1).map(() => 1);
  const [rows = 0] = shape;
  if (part === 'a') return [rows, ...kernel];
  if (part === 'b') return [...shape, ...ones];
  return part === 'magnitude' ? [1, rows, ...ones] : shape;
}

function checkShared<T extends Shaped>(
  { file, variant, parameters }: Source,
  modules: readonly LinearModule[],
  given: ReadonlyMap<string, T>,
): void {
  if (modules.length === 0 || (given.size === 0 && isWithoutShared(variant, parameters))) return;
  const wanted = variant.shared?.parts(modules, parameters) ?? [];
  checkedParts(file, wanted, given, (part) => sharedPrefix + sharedKey(variant, part));
}

/** In the order of the parts. */
function checkedParts<T extends Shaped>(
  file: string,
  wanted: readonly TensorPart[],
  given: ReadonlyMap<string, T>,
  key: (part: string) => string,
): Map<string, T> {
  const parts = new Map<string, T>();
  for (const { name, shape } of wanted) {
    const tensor = given.get(name);
    if (tensor === undefined)
      throw new StudioError(
        'invalid_file',
        `${file}: ${key(name)} is missing, but its counterpart is there.`,
        incompleteHint,
      );
    checkShape(file, key(name), tensor, shape);
    parts.set(name, tensor);
  }
  return parts;
}

/** A tensor of a module saved whole, [out, in] (an embedding's [in, out]). A classifier may have other rows: it has its own labels. */
function oriented<T extends Shaped>(
  { file, description }: Source,
  key: string,
  module: LinearModule,
  tensor: T,
): PlacedSaved<T> {
  const { inFeatures, outFeatures, kind, fanInFanOut } = module;
  const ownLabels = module === labelHead(description);
  const rows = ownLabels ? (tensor.shape[0] ?? 0) : outFeatures;
  if (key.endsWith('.bias')) {
    checkShape(file, key, tensor, [rows]);
    return { tensor, shape: [rows], isTurned: false };
  }
  const isStoredInOut = kind === 'embedding' || fanInFanOut;
  checkShape(file, key, tensor, isStoredInOut ? [inFeatures, rows] : [rows, inFeatures]);
  const shape = kind === 'embedding' ? [inFeatures, rows] : [rows, inFeatures];
  return { tensor, shape, isTurned: fanInFanOut };
}

function requireTokenRows(file: string, module: LinearModule, saved: ReadonlyMap<string, unknown>): void {
  if (saved.has(tokenRowsKey(module))) return;
  throw new StudioError(
    'invalid_file',
    `${file}: ${keyPrefix}${tokenRowsKey(module)} is missing, but trainable_token_indices names its tokens.`,
    incompleteHint,
  );
}

function checkSavedPair(file: string, module: LinearModule, saved: ReadonlyMap<string, Shaped>): void {
  const weight = saved.get(`${module.name}.weight`);
  const bias = saved.get(`${module.name}.bias`);
  if (!weight && !bias) return;
  if (!weight || (!bias && module.hasBias))
    throw new StudioError(
      'invalid_file',
      `${file}: ${keyPrefix}${module.name}.${weight ? 'bias' : 'weight'} is missing, but its counterpart is there.`,
      incompleteHint,
    );
  if (bias) checkShape(file, `${module.name}.bias`, bias, [weight.shape[0] ?? 0]);
}

function checkShape(file: string, name: string, tensor: Shaped, expected: readonly number[]): void {
  if (tensor.shape.length === expected.length && expected.every((size, axis) => tensor.shape[axis] === size)) return;
  throw new StudioError(
    'invalid_file',
    `${file}: ${name} has the shape [${tensor.shape.join(', ')}] where [${expected.join(', ')}] is expected.`,
    'The rank comes from adapter_config.json, the other sizes from the base model.',
  );
}
