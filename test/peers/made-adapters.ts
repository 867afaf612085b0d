import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { AdaptedModel } from '../../src-main/engine/adapters/model/adapted-model.ts';
import { writeAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import { adapterVariant, adapterVariants } from '../../src-main/engine/adapters/variants/index.ts';
import { modelFamilies } from '../../src-main/engine/models/families.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { adapterSettingsSchema } from '../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { smallParameters } from '../engine/adapters/small-parameters.ts';
import { goldenPath, tensorsOf } from '../engine/golden.ts';

const familySchema = z.object({
  auto_class: z.string(),
  kind: z.string().optional(),
  same_weights_as: z.string().optional(),
});

/** The golden bases whose family the studio knows, each once; those without a head are tested in `embeddings.test.ts`. */
export function goldenBases(): { name: string; autoClass: string }[] {
  return readdirSync(goldenPath()).flatMap((name) => {
    try {
      const family = familySchema.parse(JSON.parse(readFileSync(goldenPath(name, 'family.json'), 'utf8')));
      const config = z.object({ model_type: z.string() }).parse(readJson(goldenPath(name, 'base', 'config.json')));
      const isKnown = modelFamilies.some(({ modelType }) => modelType === config.model_type);
      const isOwn = isKnown && family.kind !== 'embed' && family.same_weights_as === undefined;
      return isOwn ? [{ name, autoClass: family.auto_class }] : [];
    } catch {
      return [];
    }
  });
}

/** Every variant on every base, or those that COTO_PEERS_VARIANTS names; `refused` where PEFT has none for Conv1D. */
export function variantCases(): {
  name: string;
  autoClass: string;
  variant: string;
  refused: boolean;
  isForeign: boolean;
}[] {
  const wanted = process.env['COTO_PEERS_VARIANTS']?.split(',');
  const variants = adapterVariants.filter(({ declaration }) => wanted?.includes(declaration.id) ?? true);
  return goldenBases().flatMap((base) =>
    variants.map(({ declaration, files }) => ({
      ...base,
      variant: declaration.id,
      refused: base.name.startsWith('gpt2') && files.refusesConv1d === true,
      isForeign: files.isForeign === true,
    })),
  );
}

/** Bases with dense layers beside mixtures: PEFT 0.21.2 takes a target such as gate_proj for the experts', and fails. */
const takenForExperts: readonly string[] = ['qwen3-moe'];

/** A fresh adapter on all linears, with what starts as one constant (LoRA's B at zero) moved off it. */
export async function writeOne(name: string, variant: string, directory: string) {
  const base = await loadBaseModel(goldenPath(name, 'base'));
  const model = new AdaptedModel(base);
  try {
    const parameters = smallParameters(adapterVariant(variant).declaration);
    // No adapter may have more parameters than its module, and Qwen 3.5's smallest gives 4 values.
    const linears = base.description.linears.filter(({ isHead, kind }) => !isHead && kind === 'linear');
    const most = Math.min(
      ...linears.map((one) => (one.inFeatures * one.outFeatures) / (one.inFeatures + one.outFeatures)),
    );
    if (typeof parameters['r'] === 'number' && parameters['r'] > most)
      parameters['r'] = 2 ** Math.floor(Math.log2(most));
    const target_modules = takenForExperts.includes(name) ? ['q_proj', 'k_proj', 'v_proj', 'o_proj'] : 'all-linear';
    const settings = adapterSettingsSchema.parse({ variant, parameters, target_modules });
    const random = RandomStream.seeded(11, 'initialization');
    await model.createAdapter(settings, { random, labels: null });
    for (const variable of model.trainable().values()) {
      const start = variable.dataSync();
      if (start.some((value) => value !== start[0])) continue;
      const values = Float32Array.from(start, (value) => value + 0.3 * random.normal());
      tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
    }
    await writeAdapter(directory, await model.exportState(), {
      description: base.description,
      baseModelName: goldenPath(name, 'base'),
    });
    const given = tensorsOf(await readSafetensors(goldenPath(name, 'inputs.safetensors')));
    const made = model.outputs(given);
    const outputs = new Map(
      Object.entries(made).map(([output, tensor]) => [output, Float32Array.from(tensor.dataSync())]),
    );
    tf.dispose([given, made]);
    const tensors = await readSafetensors(join(directory, 'adapter_model.safetensors'));
    return { outputs, keys: Object.fromEntries([...tensors].map(([key, { shape }]) => [key, shape])) };
  } finally {
    model.dispose();
    base.dispose();
  }
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
