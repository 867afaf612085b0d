import path from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type AdapterConfig, adapterConfigSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { labelHead, type ModelDescription, withTaskHead } from '../../../../src-shared/domain/models/model.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import type { SafetensorsFile } from '../../tensors/safetensors.ts';
import type { TensorInfo } from '../../tensors/safetensors-header.ts';
import { transposed } from '../../tensors/transpose.ts';
import { modulesOf } from '../targets/target-modules.ts';
import type { AdapterDescription, ModuleState } from '../variant/state.ts';
import { recognizeVariant } from '../variants/index.ts';
import {
  adapterConfigFile,
  cotoConfigFile,
  invalidConfig,
  readAdapterConfig,
  readCotoConfig,
} from './adapter-config.ts';
import { openAdapterTensors } from './adapter-name.ts';
import { savedEntries } from './derive-config.ts';
import { withExpertFactors } from './expert-factors.ts';
import { incompleteHint, isCopy, keyPrefix, type PlacedSaved, type PlacedTensors, sortTensors } from './tensors.ts';

/** A tensor not read from its file yet. */
export interface StoredTensor extends TensorInfo {
  readonly key: string;
}

/** All that an adapter's folder says without reading a tensor: adapter_config.json, coto_config.json and the header. */
export interface AdapterOutline extends PlacedTensors<StoredTensor>, AdapterDescription {}

/** An adapter whose tensors are read when they are asked for. */
export interface OpenAdapter {
  readonly outline: AdapterOutline;
  readonly file: SafetensorsFile;
  close(): Promise<void>;
}

/**
 * Opens a PEFT folder, saved under today's transformers or under version 4, and checks its config and the header of its
 * tensors against the base. Modules come in the order in which the input meets them and go by today's names; targets and
 * patterns of the config stay as they are written.
 *
 * @param canRebuildResidual whether the caller rebuilds a residual base (adapters/residual/residual.ts), so that the adapter may use one.
 * @throws StudioError invalid_file (missing, corrupt, a tensor that does not fit the base) or refused (a kind of adapter
 * that is not supported), naming the file and the tensor.
 */
export async function openAdapter(
  directory: string,
  base: ModelDescription,
  canRebuildResidual = false,
): Promise<OpenAdapter> {
  const described = await readDescription(directory, canRebuildResidual);
  const description = withTaskHead(base, described.config.task_type);
  const { coto, labels: named } = await readCotoConfig(directory);
  // Earlier versions wrote no labels as an empty list for the head of a language model.
  const labels = labelHead(description) === undefined ? null : named;
  const whole = await openAdapterTensors(directory);
  try {
    const file = withExpertFactors(whole, keyPrefix, description, described.config);
    const stored = new Map<string, StoredTensor>();
    for (const key of file.names) stored.set(key, { key, ...file.info(key) });
    const placed = naming(directory, () => sortTensors({ file: file.path, ...described, description }, stored));
    const { modules, saved } = placed;
    if (modules.size === 0 && saved.size === 0)
      throw new StudioError(
        'invalid_file',
        `${file.path} has no adapter: it has no tensors of a ${described.variant.declaration.label}.`,
        incompleteHint,
      );
    checkLabels(directory, labels, saved, description);
    const modules_to_save = savedEntries(described.config, saved.keys());
    const config = { ...described.config, modules_to_save };
    const outline: AdapterOutline = { ...described, config, coto, labels, ...placed };
    return { outline, file, close: () => whole.close() };
  } catch (error) {
    await whole.close();
    throw error;
  }
}

/** Counterpart of `openAdapter` that reads no tensors. */
export async function readAdapterOutline(
  directory: string,
  description: ModelDescription,
  canRebuildResidual = false,
): Promise<AdapterOutline> {
  const { outline, close } = await openAdapter(directory, description, canRebuildResidual);
  await close();
  return outline;
}

/** A tensor of an open adapter. @throws StudioError invalid_file where it holds a number that is not finite. */
export async function readStored(file: SafetensorsFile, { key, shape }: StoredTensor): Promise<HostTensor> {
  const { data } = await file.read(key);
  if (!data.every(Number.isFinite)) throw notFinite(file.path, key);
  return { shape, data };
}

/** The tensors that all modules share: the folder's, or, where it may be without them, drawn again. */
export async function readShared(
  { outline, file }: Pick<OpenAdapter, 'outline' | 'file'>,
  description: ModelDescription,
): Promise<Map<string, HostTensor>> {
  const { variant, parameters } = outline;
  if (variant.shared && outline.shared.size === 0 && outline.modules.size > 0)
    return variant.shared.initialize(modulesOf(outline, description), parameters);
  const shared = new Map<string, HostTensor>();
  for (const [name, stored] of outline.shared) shared.set(name, await readStored(file, stored));
  return shared;
}

/** A tensor of a module saved whole, [out, in]; an embedding's [in, out]. */
export async function readSaved(
  file: SafetensorsFile,
  { tensor, isTurned }: PlacedSaved<StoredTensor>,
): Promise<HostTensor> {
  const read = await readStored(file, tensor);
  return isTurned ? transposed(read) : read;
}

/** The tensors of one module, each read by `read`. */
export async function readModule<T, Read>(
  { tensors, rank, scaling }: ModuleState<T>,
  read: (tensor: T) => Promise<Read>,
): Promise<ModuleState<Read>> {
  const made = new Map<string, Read>();
  for (const [part, tensor] of tensors) made.set(part, await read(tensor));
  return { rank, scaling, tensors: made };
}

/** Reads the parts of an adapter that only its config determines, whatever the base. */
export async function readDescription(
  directory: string,
  canRebuildResidual = false,
): Promise<Pick<AdapterDescription, 'variant' | 'parameters' | 'config'>> {
  const config = await readAdapterConfig(directory);
  const file = path.join(directory, adapterConfigFile);
  try {
    const given = withoutNulls(config);
    const variant = recognizeVariant(given, file, canRebuildResidual);
    const parameters = variant.files.fromConfig(given);
    return { variant, parameters, config: withoutKeys(config, variant.files.ownKeys) };
  } catch (error) {
    if (error instanceof z.ZodError) throw invalidConfig(file, error);
    throw error;
  }
}

/** PEFT writes null for what is not set; of the keys that every kind has, null is a value of its own. */
function withoutNulls(config: AdapterConfig): AdapterConfig {
  const checked = adapterConfigSchema.parse({});
  const absent = Object.keys(config).filter((key) => config[key] === null && !(key in checked));
  return withoutKeys(config, absent);
}

/** A config without `keys`. */
function withoutKeys(config: AdapterConfig, keys: readonly string[]): AdapterConfig {
  const kept = { ...config };
  for (const key of keys) Reflect.deleteProperty(kept, key);
  return kept;
}

/** Throws what `openAdapter` and reading throw for a folder that is wrong in itself, whatever the base. */
export async function checkAdapterFolder(directory: string): Promise<void> {
  const { config } = await readDescription(directory, true);
  const file = await openAdapterTensors(directory);
  try {
    for (const key of file.names) if (!isCopy(key, config, file)) await readStored(file, { key, ...file.info(key) });
  } finally {
    await file.close();
  }
}

export function notFinite(file: string, key: string): StudioError {
  return new StudioError(
    'invalid_file',
    `${file}: ${key} contains numbers that are not finite (NaN or infinity).`,
    'Its training diverged or the file is damaged: take an earlier checkpoint, or train it again.',
  );
}

/** Adds the file to errors of the config's patterns, which only name the key. */
function naming<Result>(directory: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof StudioError) || error.code !== 'invalid_input') throw error;
    const file = path.join(directory, adapterConfigFile);
    throw new StudioError('invalid_file', `${file}: ${error.message}`, error.hint, error.details);
  }
}

function checkLabels(
  directory: string,
  labels: readonly string[] | null,
  saved: PlacedTensors<StoredTensor>['saved'],
  description: ModelDescription,
): void {
  const head = labelHead(description);
  const rows = head && saved.get(`${head.name}.weight`)?.shape[0];
  if (labels === null || rows === undefined || labels.length === rows) return;
  throw new StudioError(
    'invalid_file',
    `${path.join(directory, cotoConfigFile)} names ${labels.length} labels, but the saved head has ${rows} rows.`,
  );
}
