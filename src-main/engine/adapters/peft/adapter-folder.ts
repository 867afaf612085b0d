import path from 'node:path';
import type { ModelDescription } from '../../../../src-shared/domain/model.ts';
import { writeFileAtomic, writeFolderAtomic } from '../../tensors/atomic.ts';
import type { HostTensor } from '../../tensors/host-tensor.ts';
import { writeSafetensors } from '../../tensors/safetensors.ts';
import type { AdapterState, ModuleFactors } from '../state.ts';
import { recognizeVariant } from '../variants/index.ts';
import { adapterConfigFile, adapterConfigText, adapterTensorsFile, cotoConfigFile } from './adapter-config.ts';
import { derivePeftConfig } from './derive-config.ts';
import { openAdapter, readFactors, readSaved, readStored } from './open-adapter.ts';
import { adapterReadme } from './readme.ts';
import { peftTensors } from './tensors.ts';

/** A PEFT folder with all its tensors. @throws what `openAdapter` throws, and invalid_file for numbers that are not finite. */
export async function readAdapter(directory: string, description: ModelDescription): Promise<AdapterState> {
  const { outline, file, close } = await openAdapter(directory, description);
  try {
    const modules = new Map<string, ModuleFactors>();
    for (const [name, placed] of outline.modules)
      modules.set(name, await readFactors(placed, (tensor) => readStored(file, tensor)));
    const saved = new Map<string, HostTensor>();
    for (const [name, placed] of outline.saved) saved.set(name, await readSaved(file, placed));
    const biases = new Map<string, HostTensor>();
    for (const [name, stored] of outline.biases) biases.set(name, await readStored(file, stored));
    const { config, coto, labels } = outline;
    return { config, coto, labels, modules, saved, biases };
  } finally {
    await close();
  }
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
