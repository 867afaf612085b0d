import path from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { labelHead, type ModelDescription } from '../../../../src-shared/domain/model.ts';
import { writeFileAtomic, writeFolderAtomic } from '../../tensors/atomic.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { readSafetensors, writeSafetensors } from '../../tensors/safetensors.ts';
import type { AdapterState } from '../state.ts';
import { recognizeVariant } from '../variants/index.ts';
import {
  adapterConfigFile,
  adapterConfigText,
  adapterTensorsFile,
  cotoConfigFile,
  readAdapterConfig,
  readCotoConfig,
} from './adapter-config.ts';
import { derivePeftConfig } from './derive-config.ts';
import { adapterReadme } from './readme.ts';
import { incompleteHint, isCopy, peftTensors, sortTensors } from './tensors.ts';

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
  const parts = naming(path.join(directory, adapterConfigFile), () =>
    sortTensors({ file, config, variant, description }, tensors),
  );
  const { modules, saved } = parts;
  if (modules.size === 0 && saved.size === 0)
    throw new StudioError(
      'invalid_file',
      `${file} holds no adapter: it has no lora_A and lora_B tensors.`,
      incompleteHint,
    );
  checkLabels(directory, labels, saved, description);
  const fitted = naming(path.join(directory, adapterConfigFile), () =>
    derivePeftConfig(config, variant, modules, saved.keys(), description),
  );
  return { config: fitted, coto, labels, ...parts };
}

/** What the config's patterns are refused for knows the key, but not the file: here it is named. */
function naming<Result>(configFile: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof StudioError) || error.code !== 'invalid_input') throw error;
    throw new StudioError('invalid_file', `${configFile}: ${error.message}`, error.hint, error.details);
  }
}

/** Throws what `readAdapter` throws for a folder that is wrong in itself, whatever the base. */
export async function checkAdapterFolder(directory: string): Promise<void> {
  await readParts(directory);
}

/** What can be read and checked without knowing the base. */
async function readParts(directory: string) {
  const config = await readAdapterConfig(directory);
  const variant = recognizeVariant(config, path.join(directory, adapterConfigFile));
  const file = path.join(directory, adapterTensorsFile);
  const tensors = await readSafetensors(file);
  for (const [key, { data }] of tensors)
    if (!isCopy(key, config, tensors) && !data.every(Number.isFinite))
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
  const variant = recognizeVariant(state.config, 'The adapter');
  const config = {
    ...derivePeftConfig(state.config, variant, state.modules, state.saved.keys(), description),
    base_model_name_or_path: baseModelName,
    inference_mode: true,
  };
  const tensors = peftTensors(state, description);
  await writeFolderAtomic(directory, async (temporary) => {
    await writeSafetensors(path.join(temporary, adapterTensorsFile), tensors);
    const beside = { coto: state.coto, labels: state.labels, base_model_fingerprint: description.fingerprint };
    await writeFileAtomic(path.join(temporary, cotoConfigFile), `${JSON.stringify(beside, null, 2)}\n`);
    await writeFileAtomic(path.join(temporary, adapterConfigFile), adapterConfigText(config, description));
    const readme = details.readme ?? adapterReadme({ ...state, config }, variant, baseModelName);
    await writeFileAtomic(path.join(temporary, 'README.md'), readme);
  });
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
