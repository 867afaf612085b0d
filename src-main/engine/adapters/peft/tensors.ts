import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../../src-shared/domain/adapter.ts';
import { type LinearModule, labelHead, type ModelDescription } from '../../../../src-shared/domain/model.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { transposed } from '../../tensors/transpose.ts';
import { findBiasVector } from '../base-biases.ts';
import type { AdapterState, ModuleFactors } from '../state.ts';
import { findLinear, fromTheInputUp, isSavedBy } from '../target-modules.ts';
import type { AdapterVariant } from '../variant.ts';
import { configuredFactors } from './derive-config.ts';
import { type FactorPart, factorName, factorParts, factorShape, parseFactorName } from './tensor-names.ts';

export const keyPrefix = 'base_model.model.';
export const incompleteHint = 'Copy or download the adapter again: it is incomplete.';

type Parts = Pick<AdapterState, 'modules' | 'saved' | 'biases'>;

/** What placing a tensor needs to know of it: in memory or still in its file. */
interface Shaped {
  readonly shape: readonly number[];
}
type Factors<T> = Partial<Record<FactorPart, T>>;

/** The factors of one adapted module, with the rank and scaling that the config gives it. */
export type PlacedFactors<T> = Pick<ModuleFactors, 'rank' | 'scaling'> &
  Readonly<{ a: T; b: T; magnitude?: T; bias?: T }>;

/** A tensor of a module saved whole. `shape` is [out, in], an embedding's [in, out]. */
export interface PlacedSaved<T> extends Shaped {
  readonly tensor: T;
  /** Whether the file holds it transposed, as the Conv1D of GPT-2. */
  readonly isTurned: boolean;
}

/** The tensors of a file, each in its place, by today's names; modules from the input up. */
export interface PlacedTensors<T> {
  readonly modules: ReadonlyMap<string, PlacedFactors<T>>;
  readonly saved: ReadonlyMap<string, PlacedSaved<T>>;
  readonly biases: ReadonlyMap<string, T>;
}

/** What the file, its config and the base say, for messages and checks. */
interface Source {
  readonly file: string;
  readonly config: AdapterConfig;
  readonly variant: AdapterVariant;
  readonly description: ModelDescription;
}

/**
 * Gives every tensor of adapter_model.safetensors its place. Only names and shapes are looked at, so that a header is enough.
 * @throws StudioError naming the file and the tensor that does not fit the config or the base.
 */
export function sortTensors<T extends Shaped>(source: Source, tensors: ReadonlyMap<string, T>): PlacedTensors<T> {
  const { file, config, description } = source;
  const factors = new Map<LinearModule, Factors<T>>();
  const saved = new Map<string, PlacedSaved<T>>();
  const biases = new Map<string, T>();
  for (const [key, tensor] of tensors) {
    if (isCopy(key, config, tensors)) continue;
    const name = key.startsWith(keyPrefix) ? key.slice(keyPrefix.length) : '';
    const factor = parseFactorName(name);
    const module = findLinear(description, factor?.name ?? name.replace(/\.(weight|bias)$/, ''));
    if (factor && module && (factor.kind ?? module.kind) === module.kind) {
      const given: Factors<T> = factors.get(module) ?? {};
      given[factor.part] = tensor;
      factors.set(module, given);
    } else if (!factor && module && (isSaved(config, module) || isSavedAlong(description, module, name))) {
      saved.set(`${module.name}.${name.endsWith('.bias') ? 'bias' : 'weight'}`, oriented(source, key, module, tensor));
    } else if (!factor && config.bias !== 'none' && name.endsWith('.bias')) {
      const found = findBiasVector(description, name.replace(/\.base_layer\.bias$/, '.bias'));
      if (!found) throw unknownTensor(source, key);
      checkShape(file, key, tensor, [found.size]);
      biases.set(found.name, tensor);
    } else throw unknownTensor(source, key);
  }
  const modules = new Map<string, PlacedFactors<T>>();
  for (const module of fromTheInputUp(description)) {
    const given = factors.get(module);
    if (given) modules.set(module.name, checkedFactors(source, module, given));
    checkSavedPair(file, module, saved);
    if (given && saved.has(`${module.name}.weight`))
      throw new StudioError('invalid_file', `${file} holds ${module.name} both whole and as an adapter.`);
  }
  return { modules, saved, biases };
}

/** The tensors of a state under PEFT's keys, laid out as PEFT stores them. */
export function peftTensors({ modules, saved, biases }: Parts, description: ModelDescription): Map<string, HostTensor> {
  const tensors = new Map<string, HostTensor>();
  for (const [name, factors] of modules) {
    const kind = findLinear(description, name)?.kind ?? 'linear';
    for (const part of factorParts) {
      const tensor = factors[part];
      if (tensor) tensors.set(keyPrefix + factorName({ name, kind }, part), tensor);
    }
  }
  for (const [name, tensor] of biases) {
    const module = name.slice(0, -'.bias'.length);
    tensors.set(keyPrefix + (modules.has(module) ? `${module}.base_layer.bias` : name), tensor);
  }
  for (const [name, tensor] of saved) {
    const isTurned = name.endsWith('.weight') && findLinear(description, name.slice(0, -'.weight'.length))?.fanInFanOut;
    tensors.set(keyPrefix + name, isTurned ? transposed(tensor) : tensor);
  }
  return tensors;
}

/** Copies that PEFT stores beside what was trained: of the base, or, of a module saved whole, of what stands under its own name. */
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
function isSavedAlong({ kind }: ModelDescription, module: LinearModule, name: string): boolean {
  return name.endsWith('.weight') && (module.kind === 'embedding' || (module.isHead && kind === 'causal-lm'));
}

function isSaved({ modules_to_save }: AdapterConfig, module: LinearModule): boolean {
  const names = [module.name, ...module.aliases];
  return (modules_to_save ?? []).some((entry) => names.some((name) => isSavedBy(name, entry)));
}

function unknownTensor({ file, description }: Source, key: string): StudioError {
  return new StudioError(
    'invalid_file',
    `${file}: ${key} belongs to no linear of the base (${description.architecture}).`,
    'Was the adapter made for another base model?',
  );
}

function checkedFactors<T extends Shaped>(
  { file, config, variant }: Source,
  module: LinearModule,
  given: Factors<T>,
): PlacedFactors<T> {
  const { a, b, bias, magnitude } = given;
  const name = (part: FactorPart) => keyPrefix + factorName(module, part);
  const wanted: Readonly<Record<FactorPart, boolean>> = {
    a: true,
    b: true,
    bias: config.lora_bias && module.kind === 'linear',
    magnitude: variant.magnitude !== undefined,
  };
  for (const part of factorParts) {
    if (wanted[part] && !given[part])
      throw new StudioError(
        'invalid_file',
        `${file}: ${name(part)} is missing, while its partner is there.`,
        incompleteHint,
      );
    if (!wanted[part] && given[part])
      throw new StudioError(
        'invalid_file',
        `${file}: ${name(part)} is there, but adapter_config.json does not say so (${part === 'bias' ? 'lora_bias' : 'use_dora'} is false).`,
        'The tensors and the config are of two different adapters.',
      );
  }
  const { rank, scaling } = configuredFactors(config, variant, [module.name, ...module.aliases]);
  for (const part of factorParts) {
    const tensor = given[part];
    if (tensor) checkShape(file, name(part), tensor, factorShape(module, part, rank));
  }
  if (!a || !b) throw new Error('A and B were checked');
  return { a, b, rank, scaling, ...(magnitude ? { magnitude } : {}), ...(bias ? { bias } : {}) };
}

/** A tensor of a module saved whole, [out, in] (an embedding's [in, out]). A classifier may have other rows: it has its own labels. */
function oriented<T extends Shaped>(
  { file, description }: Source,
  key: string,
  module: LinearModule,
  tensor: T,
): PlacedSaved<T> {
  const { inFeatures, outFeatures, kind, fanInFanOut } = module;
  const ownLabels = module === labelHead(description) && description.kind !== 'causal-lm';
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

function checkSavedPair(file: string, module: LinearModule, saved: ReadonlyMap<string, Shaped>): void {
  const weight = saved.get(`${module.name}.weight`);
  const bias = saved.get(`${module.name}.bias`);
  if (!weight && !bias) return;
  if (!weight || (!bias && module.hasBias))
    throw new StudioError(
      'invalid_file',
      `${file}: ${keyPrefix}${module.name}.${weight ? 'bias' : 'weight'} is missing, while its partner is there.`,
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
