import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../src-main/engine/adapters/adapted-model.ts';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import { runTask } from '../../src-main/engine/jobs/run-job.ts';
import { describeModel } from '../../src-main/engine/models/huggingface/model-folder.ts';
import { openModelWeights } from '../../src-main/engine/models/huggingface/model-weights.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { relativeDifference, tensorsOf } from '../engine/golden.ts';
import { bitsandbytesPython, runPeer } from './python.ts';

const llama = fileURLToPath(new URL('../../assets/models/small-llama', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'coto-quantized-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const python = bitsandbytesPython();
const ids = [0, 1].map((row) => Array.from({ length: 24 }, (_, at) => ((row * 24 + at) * 131) % 4096));

describe.skipIf(python === null).each([
  // bitsandbytes multiplies 4-bit weights in bfloat16 on processors that can, and rounds the inputs of an int8 layer too.
  { type: 'nf4', bound: 5e-3 },
  { type: 'int8', bound: 0.1 },
] as const)('a base that the studio quantized to $type', ({ type, bound }) => {
  it('is loaded by Transformers and bitsandbytes, with the same weights to the bit', async () => {
    await activateCompute('wasm');
    const description = await describeModel(llama);
    const base = join(folder, type);
    const context = { emit: () => undefined, signal: async () => null };
    const from = { name: 'small-llama', fingerprint: description.fingerprint };
    const paths = { modelDirectory: llama, outputDirectory: base };
    await runTask({ kind: 'quantize', compute: 'wasm', description, type, from, ...paths }, context);
    const outputs = join(folder, `${type}.safetensors`);
    expect(runPeer('./quantized_models.py', [{ base, outputs, ids }], [], python ?? '')).toEqual(['LlamaForCausalLM']);
    const theirs = await readSafetensors(outputs);
    const weights = await openModelWeights(base);
    const quantized = [...theirs.keys()].filter((name) => name.endsWith('.weight'));
    expect(quantized.length).toBe(description.linears.filter(({ layer }) => layer !== null).length);
    for (const name of quantized) {
      const { shape, data } = await weights.read(name);
      const their = theirs.get(name);
      expect([name, ...shape]).toEqual([name, ...(their?.shape ?? [])]);
      // Values by the thousand, which would be compared, and told, one by one.
      expect(relativeDifference(data, their?.data ?? []), name).toBe(0);
    }
    await weights.close();
    const model = new AdaptedModel(await loadBaseModel(base));
    const given = tensorsOf(new Map([['input_ids', { shape: [2, 24], data: Int32Array.from(ids.flat()) }]]));
    const ours = model.outputs(given)['logits']?.dataSync() ?? [];
    expect(relativeDifference(ours, theirs.get('logits')?.data ?? [])).toBeLessThan(bound);
    model.base.dispose();
  }, 600_000);
});
