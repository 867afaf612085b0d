import path from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterConfig } from '../../../src-shared/domain/adapter.ts';
import { type LinearModule, labelHead, type ModelDescription } from '../../../src-shared/domain/model.ts';
import type { AdapterState, ModuleFactors } from '../lora/adapter-state.ts';
import { configuredFactors, fitConfig } from '../lora/fit-config.ts';
import { findLinear, fromTheInputUp, isSavedUnder } from '../lora/target-modules.ts';
import { recogniseVariant } from '../lora/variants/index.ts';
import { writeFileAtomic, writeFolderAtomic } from './atomic.ts';
import type { HostTensor } from './host-tensor.ts';
import {
  adapterConfigFile,
  adapterConfigText,
  adapterTensorsFile,
  cotoConfigFile,
  readAdapterConfig,
  readCotoConfig,
} from './peft-config.ts';
import { adapterReadme } from './peft-readme.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';

const keyPrefix = 'base_model.model.';
const incompleteHint = 'Copy or download the adapter again: it is incomplete.';

/**
 * Reads a PEFT LoRA folder, saved under today's transformers or under version 4. Modules come in the order in which the
 * input meets them and go by today's names; the config is said in today's names too.
 *
 * @throws StudioError invalid_file (missing, corrupt, a tensor that does not fit the base) or refused (a kind of adapter
 * that is not supported), naming the file and the tensor.
 */
export async function readAdapter(directory: string, description: ModelDescription): Promise<AdapterState> {
  const { config, variant, file, tensors } = await readParts(directory);
  const { coto, labels } = await readCotoConfig(directory);
  const sorted = sortTensors(file, tensors, config, description);
  const modules = new Map<string, ModuleFactors>();
  for (const module of fromTheInputUp(description)) {
    const pair = sorted.pairs.get(module);
    if (pair) modules.set(module.name, checkedFactors(file, module, pair, config));
  }
  if (modules.size === 0 && sorted.saved.size === 0)
    throw new StudioError(
      'invalid_file',
      `${file} holds no adapter: it has no lora_A and lora_B tensors.`,
      incompleteHint,
    );
  for (const module of sorted.pairs.keys())
    if (sorted.saved.has(`${module.name}.weight`))
      throw new StudioError('invalid_file', `${file} holds ${module.name} both whole and as an adapter.`);
  checkLabels(directory, labels, sorted.saved, description);
  return {
    config: fitConfig(config, variant, modules, sorted.saved.keys(), description),
    coto,
    modules,
    saved: sorted.saved,
    labels,
  };
}

/** Throws what `readAdapter` throws for a folder that is wrong in itself, whatever the base. */
export async function checkAdapterFolder(directory: string): Promise<void> {
  await readParts(directory);
}

/** What can be read and checked without knowing the base. */
async function readParts(directory: string) {
  const config = await readAdapterConfig(directory);
  const variant = recogniseVariant(config, path.join(directory, adapterConfigFile));
  const file = path.join(directory, adapterTensorsFile);
  const tensors = await readSafetensors(file);
  for (const [key, { data }] of tensors)
    if (!isCopy(key) && !data.every(Number.isFinite))
      throw new StudioError(
        'invalid_file',
        `${file}: ${key} holds numbers that are not finite (NaN or infinity).`,
        'Its training diverged or the file is damaged: take an earlier checkpoint, or train it again.',
      );
  return { config, variant, file, tensors };
}

/**
 * Writes a PEFT folder that PEFT under today's transformers loads, whole or not at all: adapter_config.json,
 * adapter_model.safetensors, coto_config.json (schedule and labels) and README.md.
 */
export async function writeAdapter(
  directory: string,
  state: AdapterState,
  details: { description: ModelDescription; baseModelName: string; readme?: string },
): Promise<void> {
  const { description, baseModelName } = details;
  const variant = recogniseVariant(state.config, 'The adapter');
  const config = {
    ...fitConfig(state.config, variant, state.modules, state.saved.keys(), description),
    base_model_name_or_path: baseModelName,
    inference_mode: true,
  };
  const tensors = new Map<string, HostTensor>();
  for (const [name, { a, b }] of state.modules) {
    tensors.set(`${keyPrefix}${name}.lora_A.weight`, a);
    tensors.set(`${keyPrefix}${name}.lora_B.weight`, b);
  }
  for (const [name, tensor] of state.saved) tensors.set(keyPrefix + name, tensor);
  await writeFolderAtomic(directory, async (temporary) => {
    await writeSafetensors(path.join(temporary, adapterTensorsFile), tensors);
    const beside = { coto: state.coto, labels: state.labels, base_model_fingerprint: description.fingerprint };
    await writeFileAtomic(path.join(temporary, cotoConfigFile), `${JSON.stringify(beside, null, 2)}\n`);
    await writeFileAtomic(path.join(temporary, adapterConfigFile), adapterConfigText(config, description));
    const readme = details.readme ?? adapterReadme({ ...state, config }, variant, baseModelName);
    await writeFileAtomic(path.join(temporary, 'README.md'), readme);
  });
}

interface Pair {
  a?: HostTensor;
  b?: HostTensor;
}

/** Gives every tensor of the file its place, by today's names. */
function sortTensors(
  file: string,
  tensors: ReadonlyMap<string, HostTensor>,
  config: AdapterConfig,
  description: ModelDescription,
): { pairs: Map<LinearModule, Pair>; saved: Map<string, HostTensor> } {
  const pairs = new Map<LinearModule, Pair>();
  const saved = new Map<string, HostTensor>();
  const entries = config.modules_to_save ?? [];
  for (const [key, tensor] of tensors) {
    if (isCopy(key)) continue;
    const parsed = /^base_model\.model\.(.+?)\.(?:lora_(A|B)\.)?(weight|bias)$/.exec(key);
    const module = parsed?.[1] === undefined ? null : findLinear(description, parsed[1]);
    if (!parsed || !module) throw unknownTensor(file, key, config, description);
    const [, givenName = '', factor, kind] = parsed;
    if (factor !== undefined && kind === 'weight') {
      const pair = pairs.get(module) ?? {};
      pairs.set(module, factor === 'A' ? { ...pair, a: tensor } : { ...pair, b: tensor });
    } else if (factor === undefined && entries.some((entry) => isSavedUnder(givenName, entry))) {
      checkSaved(file, key, { module, givesLabels: module === labelHead(description) }, kind === 'weight', tensor);
      saved.set(`${module.name}.${kind}`, tensor);
    } else throw unknownTensor(file, key, config, description);
  }
  for (const module of fromTheInputUp(description)) checkSavedPair(file, module, saved);
  return { pairs, saved };
}

/** Copies of the base that PEFT stores beside what was trained. */
function isCopy(key: string): boolean {
  return /\.(original_module|modules_to_save)\.(weight|bias)$/.test(key) || key.endsWith('.base_layer.weight');
}

function unknownTensor(file: string, key: string, config: AdapterConfig, description: ModelDescription): StudioError {
  if (config.bias !== 'none' && key.endsWith('.bias'))
    return new StudioError(
      'refused',
      `${file} holds trained biases of the base (bias: "${config.bias}", e.g. ${key}), which are not supported.`,
      'Train the adapter with bias "none".',
    );
  return new StudioError(
    'invalid_file',
    `${file}: ${key} belongs to no linear of the base (${description.architecture}).`,
    'Was the adapter made for another base model?',
  );
}

function checkedFactors(file: string, module: LinearModule, pair: Pair, config: AdapterConfig): ModuleFactors {
  const { a, b } = pair;
  if (!a || !b)
    throw new StudioError(
      'invalid_file',
      `${file}: ${keyPrefix}${module.name}.lora_${a ? 'B' : 'A'}.weight is missing, while its partner is there.`,
      incompleteHint,
    );
  const names = [module.name, ...module.aliases];
  const { rank, scaling } = configuredFactors(config, recogniseVariant(config, adapterConfigFile), names);
  checkShape(file, `${module.name}.lora_A.weight`, a, [rank, module.inFeatures]);
  checkShape(file, `${module.name}.lora_B.weight`, b, [module.outFeatures, rank]);
  return { a, b, rank, scaling };
}

/** A task head may have other rows than the base's: it was trained for other labels. */
function checkSaved(
  file: string,
  key: string,
  { module, givesLabels }: { module: LinearModule; givesLabels: boolean },
  isWeight: boolean,
  tensor: HostTensor,
): void {
  const rows = givesLabels ? (tensor.shape[0] ?? 0) : module.outFeatures;
  checkShape(file, key, tensor, isWeight ? [rows, module.inFeatures] : [rows]);
}

function checkSavedPair(file: string, module: LinearModule, saved: ReadonlyMap<string, HostTensor>): void {
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

function checkShape(file: string, name: string, tensor: HostTensor, expected: readonly number[]): void {
  if (tensor.shape.length === expected.length && expected.every((size, axis) => tensor.shape[axis] === size)) return;
  throw new StudioError(
    'invalid_file',
    `${file}: ${name} has the shape [${tensor.shape.join(', ')}] where [${expected.join(', ')}] is expected.`,
    'The rank comes from adapter_config.json, the other sizes from the base model.',
  );
}

function checkLabels(
  directory: string,
  labels: readonly string[] | null,
  saved: ReadonlyMap<string, HostTensor>,
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
