import { existsSync, readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute, reportOn } from '../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { attendedValues, goldenPath, relativeDifference, reportDeviation, tensorsOf } from '../golden.ts';

process.env['COTO_ENGINE_PROCESS'] = 'child';
const isHere = (await reportOn('webgpu'))?.available === true;

/** Families whose layers together have every kind of part that the block language knows. */
const usual = ['phi', 'gemma3', 'gpt-oss', 'qwen3.5', 'lfm2', 'modernbert', 'mpnet', 'dinov3', 't5'];
const all = readdirSync(goldenPath()).filter((name) =>
  ['gradients.safetensors', 'base-outputs.safetensors'].every((file) => existsSync(goldenPath(name, file))),
);
/** Software computes these in most tests: all families run where COTO_CONFORMANCE says `all` (npm run test:processors). */
const families = process.env['COTO_CONFORMANCE'] === 'all' ? all : usual;

beforeAll(async () => {
  if (!isHere) return;
  await activateCompute('webgpu');
  // Small tensors are computed on the device too, not handed to tfjs's plain JavaScript.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
});

describe.skipIf(!isHere).each(families)('%s on WebGPU', (family) => {
  it('gives the outputs of transformers and PEFT, and keeps no tensor', async () => {
    const inputs = await readSafetensors(goldenPath(family, 'inputs.safetensors'));
    const before = tf.memory().numTensors;
    const base = await loadBaseModel(goldenPath(family, 'base'));
    const model = new AdaptedModel(base);
    const compare = async (what: string, expected: ReadonlyMap<string, HostTensor>) => {
      // Ids are read on the host, where they are until they are used on the card.
      const given = tensorsOf(inputs);
      const outputs = model.outputs(given);
      for (const [name, values] of expected) {
        const actual = (await outputs[name]?.data()) ?? [];
        const difference = relativeDifference(...attendedValues(actual, values, inputs.get('attention_mask')));
        reportDeviation(family, `webgpu ${what} ${name}`, difference);
        expect(difference, `${what}: ${name} is off by ${difference}`).toBeLessThan(1e-4);
      }
      tf.dispose([given, outputs]);
    };
    await compare('base', await readSafetensors(goldenPath(family, 'base-outputs.safetensors')));
    const adapter = goldenPath(family, 'adapters', 'lora');
    model.loadState(await readAdapter(adapter, base.description));
    await compare('lora', await readSafetensors(`${adapter}/expected.safetensors`));
    model.dispose();
    base.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
