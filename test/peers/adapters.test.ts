import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import { writeAdapter } from '../../src-main/engine/formats/peft-adapter.ts';
import { readSafetensors } from '../../src-main/engine/formats/safetensors.ts';
import { AdaptedModel } from '../../src-main/engine/lora/adapted-model.ts';
import { adapterVariants } from '../../src-main/engine/lora/variants/index.ts';
import { modelFamilies } from '../../src-main/engine/models/families/index.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { adapterSettingsSchema } from '../../src-shared/domain/adapter.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { attendedValues, goldenPath, relativeDifference, tensorsOf } from '../engine/golden.ts';
import { runPeer } from './python.ts';

const familySchema = z.object({ auto_class: z.string(), same_weights_as: z.string().optional() });
const answersSchema = z.array(
  z.object({
    unexpected: z.array(z.string()),
    missing: z.array(z.string()),
    written: z.record(z.string(), z.array(z.number())),
    config: z.record(z.string(), z.unknown()),
  }),
);

/** The golden bases whose family the studio knows, each once. */
const bases = readdirSync(goldenPath()).flatMap((name) => {
  try {
    const family = familySchema.parse(JSON.parse(readFileSync(goldenPath(name, 'family.json'), 'utf8')));
    const config = z.object({ model_type: z.string() }).parse(readJson(goldenPath(name, 'base', 'config.json')));
    const isKnown = modelFamilies.some(({ modelType }) => modelType === config.model_type);
    return isKnown && family.same_weights_as === undefined ? [{ name, autoClass: family.auto_class }] : [];
  } catch {
    return [];
  }
});
const cases = bases.flatMap((base) => adapterVariants.map(({ declaration }) => ({ ...base, variant: declaration.id })));

const folder = mkdtempSync(join(tmpdir(), 'coto-peers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Adapters written by the studio, with what it computes with them; then PEFT is asked about all of them at once. */
const ours = new Map<
  string,
  { outputs: ReadonlyMap<string, ArrayLike<number>>; keys: Record<string, readonly number[]> }
>();
const peft = new Map<string, z.infer<typeof answersSchema>[number]>();

beforeAll(async () => {
  await activateCompute('wasm');
  const requests: Record<string, unknown>[] = [];
  for (const { name, autoClass, variant } of cases) {
    const adapter = join(folder, name, variant);
    mkdirSync(join(folder, name), { recursive: true });
    ours.set(`${name} ${variant}`, await writeOne(name, variant, adapter));
    requests.push({
      base: goldenPath(name, 'base'),
      class: autoClass,
      adapter,
      inputs: goldenPath(name, 'inputs.safetensors'),
      outputs: join(folder, `${name}-${variant}.safetensors`),
    });
  }
  const answers = answersSchema.parse(runPeer('./peft_outputs.py', requests));
  for (const [index, { name, variant }] of cases.entries()) {
    const answer = answers[index];
    if (answer) peft.set(`${name} ${variant}`, answer);
  }
}, 300_000);

describe.each(cases)('$variant on $name', ({ name, variant }) => {
  const key = `${name} ${variant}`;

  it('is loaded by PEFT without a key too many or too few, and would be saved by it under the same keys', () => {
    const answer = peft.get(key);
    expect(answer?.unexpected).toEqual([]);
    expect(answer?.missing).toEqual([]);
    expect(answer?.written).toEqual(ours.get(key)?.keys);
  });

  it('has a config that PEFT takes as it was written', () => {
    const written = z
      .record(z.string(), z.unknown())
      .parse(readJson(join(folder, name, variant, 'adapter_config.json')));
    const understood = peft.get(key)?.config ?? {};
    // PEFT works these out anew where it loads.
    const own = new Set(['auto_mapping', 'peft_version', 'runtime_config', 'inference_mode']);
    for (const [entry, value] of Object.entries(written))
      if (!own.has(entry)) expect({ [entry]: sorted(value) }).toEqual({ [entry]: sorted(understood[entry]) });
  });

  it('gives the same outputs there', async () => {
    const inputs = await readSafetensors(goldenPath(name, 'inputs.safetensors'));
    const theirs = await readSafetensors(join(folder, `${name}-${variant}.safetensors`));
    expect(theirs.size).toBeGreaterThan(0);
    for (const [output, values] of theirs) {
      const own = ours.get(key)?.outputs.get(output) ?? [];
      const difference = relativeDifference(...attendedValues(own, values, inputs.get('attention_mask')));
      expect(difference, `${output} is off by ${difference}`).toBeLessThan(1e-4);
    }
  });
});

/** A fresh adapter whose B is no longer zero, on two kinds of linear. */
async function writeOne(name: string, variant: string, directory: string) {
  const base = await loadBaseModel(goldenPath(name, 'base'));
  const model = new AdaptedModel(base);
  try {
    const settings = adapterSettingsSchema.parse({ variant, r: 4, lora_alpha: 6, target_modules: 'all-linear' });
    const random = RandomStream.seeded(11, 'initialisation');
    await model.createAdapter(settings, { random, labels: null });
    for (const [tensor, variable] of model.trainable())
      if (tensor.includes('lora_B')) {
        const values = Float32Array.from({ length: variable.size }, () => 0.3 * random.normal());
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

/** PEFT keeps lists of names as sets. */
function sorted(value: unknown): unknown {
  return Array.isArray(value) ? [...value].sort() : value;
}
