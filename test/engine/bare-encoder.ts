import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HeadTask } from '../../src-main/engine/adapters/fresh/fresh-adapter.ts';
import { AdaptedModel } from '../../src-main/engine/adapters/model/adapted-model.ts';
import { writeAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { readSafetensors, writeSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { adapterSettingsSchema } from '../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { goldenPath, tensorsOf } from './golden.ts';

/** The golden encoder `family` without its classifier, as `<Family>Model` is saved: its keys lack the prefix. */
export async function bareEncoder(
  family: string,
  architecture: string,
  prefix: string,
  folder: string,
): Promise<string> {
  cpSync(goldenPath(family, 'base'), folder, { recursive: true });
  const whole = await readSafetensors(goldenPath(family, 'base', 'model.safetensors'));
  const bare = [...whole].flatMap(([key, tensor]) =>
    key.startsWith(`${prefix}.`) ? [[key.slice(prefix.length + 1), tensor] as const] : [],
  );
  await writeSafetensors(join(folder, 'model.safetensors'), new Map(bare));
  const config: object = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, architectures: [architecture] }));
  return folder;
}

/** An adapter that brings a classifier of these labels (of tokens by `headTask`), written to `adapter`; the logits that it gives for the family's inputs. */
export async function withClassifier(
  family: string,
  base: string,
  adapter: string,
  headTask?: HeadTask,
  labels: readonly string[] = ['a', 'b', 'c', 'd'],
): Promise<Float32Array> {
  const model = new AdaptedModel(await loadBaseModel(base));
  const settings = adapterSettingsSchema.parse({ target_modules: 'all-linear' });
  const random = RandomStream.seeded(3, 'initialization');
  await model.createAdapter(settings, { random, labels, headTask });
  const state = await model.exportState();
  // A fresh adapter changes nothing: B is drawn too.
  for (const { tensors } of state.modules.values()) {
    const data = tensors.get('b')?.data;
    if (data instanceof Float32Array) for (const at of data.keys()) data[at] = random.normal() / 20;
  }
  model.loadState(state);
  await writeAdapter(adapter, state, { description: model.base.description, baseModelName: base });
  const outputs = model.outputs(tensorsOf(await readSafetensors(goldenPath(family, 'inputs.safetensors'))));
  const logits = Float32Array.from(outputs['logits']?.dataSync() ?? []);
  model.dispose();
  model.base.dispose();
  return logits;
}
