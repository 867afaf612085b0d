import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { openModelWeights } from '../../../src-main/engine/models/huggingface/model-weights.ts';
import { decodeMxfp4 } from '../../../src-main/engine/tensors/mxfp4.ts';
import { readSafetensors, writeSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath, taken } from '../golden.ts';

it('decodes MXFP4 as transformers does', async () => {
  const golden = await readSafetensors(goldenPath('mxfp4', 'values.safetensors'));
  const [experts = 0, inputs = 0, outputs = 0] = taken(golden, 'values').shape;
  const decoded = decodeMxfp4(taken(golden, 'blocks').data, taken(golden, 'scales').data);
  const expected = taken(golden, 'values').data;
  // Transformers has [experts, inputs, outputs], the blocks run along the inputs.
  const turned = Float32Array.from(decoded, (_, at) => {
    const [expert, output, input] = [
      Math.floor(at / (inputs * outputs)),
      Math.floor(at / inputs) % outputs,
      at % inputs,
    ];
    return Number(expected[(expert * inputs + input) * outputs + output]);
  });
  expect(experts * inputs * outputs).toBe(decoded.length);
  expect(decoded).toEqual(turned);
});

it('reads the experts of a gpt-oss in MXFP4, and refuses blocks without scales', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'coto-mxfp4-'));
  cpSync(goldenPath('gpt-oss', 'base'), folder, { recursive: true });
  const file = join(folder, 'model.safetensors');
  const tensors = await readSafetensors(file);
  const golden = await readSafetensors(goldenPath('mxfp4', 'values.safetensors'));
  const [blocks, scales] = [taken(golden, 'blocks'), taken(golden, 'scales')];
  const name = 'model.layers.1.mlp.experts.down_proj';
  tensors.delete(name);
  tensors.set(`${name}_blocks`, blocks).set(`${name}_scales`, scales);
  await writeSafetensors(file, tensors);
  const weights = await openModelWeights(folder);
  const own = `${name.replace('.down', '.1.down')}.weight`;
  expect(weights.info(own)).toEqual({ dtype: 'BF16', shape: [6, 96] });
  const all = decodeMxfp4(blocks.data, scales.data);
  expect((await weights.read(own)).data).toEqual(all.slice(all.length / 2));
  await weights.close();
  tensors.set(`${name}_scales`, { shape: [2, 6, 2], data: new Uint8Array(24) });
  await writeSafetensors(file, tensors);
  await expect(describeModel(folder)).rejects.toThrow(/down_proj_blocks" and ".*down_proj_scales" do not match/);
  rmSync(folder, { recursive: true, force: true });
});
