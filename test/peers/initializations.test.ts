import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initializations } from '../../src-main/engine/adapters/initializations/index.ts';
import { AdaptedModel } from '../../src-main/engine/adapters/model/adapted-model.ts';
import { writeAdapter } from '../../src-main/engine/adapters/peft/adapter-folder.ts';
import { joinFactors } from '../../src-main/engine/adapters/residual/residual-factors.ts';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { RunCalibration } from '../../src-main/engine/training/calibration.ts';
import { adapterSettingsSchema } from '../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { tokenBatch } from '../engine/batches.ts';
import { attendedValues, goldenPath, relativeDifference, tensorsOf } from '../engine/golden.ts';
import { runPeer } from './python.ts';

const families = [
  { name: 'llama', autoClass: 'AutoModelForCausalLM', targets: ['q_proj', 'down_proj'], saved: ['lm_head'] },
  { name: 'gpt2', autoClass: 'AutoModelForCausalLM', targets: ['c_attn', 'mlp.c_proj'], saved: null },
];
const variants = ['lora', 'rslora', 'dora'];

/** Every start on every variant; those whose base PEFT makes anew also in PEFT's own form, which is not there for OLoRA on Conv1D. */
const cases = families.flatMap((family) =>
  initializations.flatMap(({ declaration: { id }, peft, residual }) =>
    variants.flatMap((variant) => {
      const one = { ...family, init: id, variant };
      const hasOwnForm = residual && peft.isRebuilt === true && !(family.name === 'gpt2' && id === 'olora');
      return [{ ...one, form: 'plain' }, ...(hasOwnForm ? [{ ...one, form: 'residual' }] : [])];
    }),
  ),
);
type Case = (typeof cases)[number];
const keyOf = ({ name, init, variant, form }: Case) => `${name}-${init}-${variant}-${form}`;

const folder = mkdtempSync(join(tmpdir(), 'coto-starts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const ours = new Map<string, ReadonlyMap<string, ArrayLike<number>>>();

/** An adapter that was trained a little, in the form of the case, and its outputs where it was trained. */
async function write(model: AdaptedModel, one: Case, directory: string) {
  const { base } = model;
  const inputs = await readSafetensors(goldenPath(one.name, 'inputs.safetensors'));
  const ids = inputs.get('input_ids');
  if (ids === undefined) throw new Error('no tokens');
  const batch = tokenBatch(
    { input_ids: { shape: ids.shape, data: Int32Array.from(ids.data) } },
    Int32Array.from(ids.data),
  );
  const source = { examples: Int32Array.of(0), batchSize: 1, seed: 1, loadBatch: async () => batch };
  const settings = adapterSettingsSchema.parse({
    variant: one.variant,
    target_modules: one.targets,
    modules_to_save: one.saved,
    parameters: { r: 4, lora_alpha: 6, init_lora_weights: one.init },
  });
  const random = RandomStream.seeded(3, 'initialization');
  const calibration = new RunCalibration(base, source, { emit: () => undefined, signal: async () => null });
  await model.createAdapter(settings, { random, labels: null, calibration });
  for (const variable of model.trainable().values()) {
    const moved = Float32Array.from(variable.dataSync(), (value) => value + 0.03 * random.normal());
    tf.tidy(() => variable.assign(tf.tensor(moved, variable.shape)));
  }
  const state = await model.exportState();
  const { subtracted } = model;
  const written = one.form === 'plain' && subtracted !== null ? joinFactors(state, subtracted) : state;
  await writeAdapter(directory, written, {
    description: base.description,
    baseModelName: goldenPath(one.name, 'base'),
  });
  const given = tensorsOf(inputs);
  const made = model.outputs(given);
  ours.set(
    keyOf(one),
    new Map(Object.entries(made).map(([output, tensor]) => [output, Float32Array.from(tensor.dataSync())])),
  );
  tf.dispose([given, made]);
}

beforeAll(async () => {
  await activateCompute('wasm');
  const requests: Record<string, unknown>[] = [];
  for (const { name } of families) {
    const model = new AdaptedModel(await loadBaseModel(goldenPath(name, 'base')));
    for (const one of cases.filter((candidate) => candidate.name === name)) {
      const adapter = join(folder, keyOf(one));
      mkdirSync(adapter);
      await write(model, one, adapter);
      requests.push({
        base: goldenPath(name, 'base'),
        class: one.autoClass,
        adapter,
        inputs: goldenPath(name, 'inputs.safetensors'),
        outputs: `${adapter}.safetensors`,
      });
    }
    model.dispose();
    model.base.dispose();
  }
  runPeer('./peft_outputs.py', requests);
});

describe.each(cases)('$variant by $init on $name, in its $form form', (one) => {
  it('does in PEFT what it did in training', async () => {
    const inputs = await readSafetensors(goldenPath(one.name, 'inputs.safetensors'));
    const theirs = await readSafetensors(join(folder, `${keyOf(one)}.safetensors`));
    expect(theirs.size).toBeGreaterThan(0);
    for (const [output, values] of theirs) {
      const own = ours.get(keyOf(one))?.get(output) ?? [];
      const difference = relativeDifference(...attendedValues(own, values, inputs.get('attention_mask')));
      if (process.env['COTO_GOLDEN_REPORT'])
        process.stdout.write(`PEERS ${keyOf(one)} ${difference.toExponential(1)}\n`);
      expect(difference, `${output} is off by ${difference}`).toBeLessThan(1e-4);
    }
  });
});
