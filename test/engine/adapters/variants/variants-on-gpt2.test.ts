import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterVariant } from '../../../../src-main/engine/adapters/variant/variant.ts';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { mergedTensors } from '../../../../src-main/engine/adapters/weights/merged-weights.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { openModelWeights } from '../../../../src-main/engine/models/huggingface/model-weights.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { floats, goldenPath, relativeDifference, tensorsOf } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';
import { smallParameters } from '../small-parameters.ts';

let model: AdaptedModel;
let inputs: Record<string, tf.Tensor>;
const scratch = mkdtempSync(join(tmpdir(), 'coto-gpt2-'));

beforeAll(async () => {
  await activateCompute(testCompute);
  model = new AdaptedModel(await loadBaseModel(goldenPath('gpt2', 'base')));
  inputs = tensorsOf(await readSafetensors(goldenPath('gpt2', 'inputs.safetensors')));
});
afterAll(() => {
  model.dispose();
  model.base.dispose();
  tf.dispose(inputs);
  rmSync(scratch, { recursive: true, force: true });
});

async function create({ declaration }: AdapterVariant, target_modules: string[]): Promise<void> {
  const parameters = smallParameters(declaration);
  const settings = adapterSettingsSchema.parse({ variant: declaration.id, target_modules, parameters });
  await model.createAdapter(settings, { random: RandomStream.seeded(1, 'initialization'), labels: null });
}
const logits = () => tf.tidy(() => Float32Array.from(model.forward(inputs).dataSync()));

/** GPT-2 stores its linears as Conv1D, [in, out]. */
describe.each(adapterVariants.map((variant) => [variant.declaration.id, variant] as const))(
  '%s on Conv1D',
  (id, variant) => {
    it('does alone, merged and in a folder what it does beside the base', async () => {
      await create(variant, ['c_attn', 'mlp.c_proj']);
      const random = RandomStream.seeded(2, 'study');
      const state = await model.exportState();
      for (const { tensors } of state.modules.values())
        for (const { data } of tensors.values())
          for (const at of data instanceof Float32Array ? data.keys() : [])
            data[at] = (data[at] ?? 0) + 0.1 * random.normal();
      model.clear();
      const plain = logits();
      model.loadState(state);
      const adapted = logits();
      expect(relativeDifference(adapted, plain)).toBeGreaterThan(1e-3);
      await model.mergeIntoBase();
      expect(relativeDifference(logits(), adapted)).toBeLessThan(1e-4);
      model.unmerge();

      const { description } = model.base;
      const folder = join(scratch, id);
      await writeAdapter(folder, state, { description, baseModelName: 'gpt2' });
      model.loadState(await readAdapter(folder, description));
      expect(logits()).toEqual(adapted);

      // A checkpoint holds the same weight as it is stored, [in, out].
      const [[name, own] = fail()] = state.modules;
      const module = description.linears.find((linear) => linear.name === name) ?? fail();
      const weights = await openModelWeights(goldenPath('gpt2', 'base'));
      const stored =
        (await mergedTensors(weights, description, state).get(`${module.checkpointKey}.weight`)?.make()) ?? fail();
      await weights.close();
      const expected = tf.tidy(() => {
        const tensors = new Map(
          [...state.shared, ...own.tensors].map(([part, { shape, data }]) => [
            part,
            tf.tensor(data, [...shape], data instanceof Float32Array ? 'float32' : 'int32'),
          ]),
        );
        const merged = variant.mergedWeight(
          model.base.frozenWeight(module).weight,
          { module, ...own, parameters: state.parameters, tensors },
          false,
        );
        return Float32Array.from(tf.transpose(merged).dataSync());
      });
      expect(stored.shape).toEqual([module.inFeatures, module.outFeatures]);
      expect(relativeDifference(floats(stored), expected)).toBeLessThan(1e-6);
    });

    it('adapts an embedding, or refuses it with the reason', async () => {
      if (variant.embedding) {
        await create(variant, ['wte']);
        expect([...model.trainable().keys()].length).toBeGreaterThan(0);
      } else
        await expect(create(variant, ['wte'])).rejects.toThrow(
          `${variant.declaration.label} adapts linear layers, and `,
        );
    });
  },
);

function fail(): never {
  throw new Error('missing');
}
