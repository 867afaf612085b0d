import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../src-main/engine/compute/index.ts';
import { runTask } from '../../src-main/engine/jobs/run-job.ts';
import { describeModel } from '../../src-main/engine/models/huggingface/model-folder.ts';
import { openModelWeights } from '../../src-main/engine/models/huggingface/model-weights.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../src-main/engine/tensors/safetensors.ts';
import { relativeDifference, tensorsOf } from '../engine/golden.ts';
import { makeT5 } from '../engine/models/synthetic-t5.ts';
import { bitsandbytesPython, runPeer } from './python.ts';

const llama = fileURLToPath(new URL('../../assets/models/small-llama', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'coto-quantized-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const python = bitsandbytesPython();
const idsBelow = (vocabulary: number) =>
  [0, 1].map((row) => Array.from({ length: 24 }, (_, at) => ((row * 24 + at) * 131) % vocabulary));

interface Base {
  readonly name: string;
  readonly folder: () => Promise<string>;
  readonly architecture: string;
  /** Number of linear layers within the layers that bitsandbytes leaves alone. */
  readonly kept: number;
}

const bases: readonly Base[] = [
  { name: 'small-llama', folder: async () => llama, architecture: 'LlamaForCausalLM', kept: 0 },
  {
    name: 't5',
    folder: async () => {
      const made = join(folder, 'wide-t5');
      const sizes = { d_model: 64, d_kv: 16, d_ff: 128, num_layers: 2, num_decoder_layers: 1, num_heads: 4 };
      await makeT5(made, { ...sizes, vocab_size: 128, feed_forward_proj: 'gated-gelu' });
      return made;
    },
    architecture: 'T5ForConditionalGeneration',
    kept: 3,
  },
];

describe.skipIf(python === null).each([
  // bitsandbytes multiplies 4-bit weights in bfloat16 on processors that can, and rounds the inputs of an int8 layer too.
  { type: 'nf4', bound: 5e-3 },
  { type: 'int8', bound: 0.1 },
] as const)('a base that the studio quantized to $type', ({ type, bound }) => {
  it.each(bases)(
    '$name is loaded by Transformers and bitsandbytes, with the same weights to the bit',
    async (one) => {
      await activateCompute('wasm');
      const modelDirectory = await one.folder();
      const description = await describeModel(modelDirectory);
      const ids = idsBelow(description.text?.vocabularySize ?? 0);
      const base = join(folder, `${one.name}-${type}`);
      const context = { emit: () => undefined, signal: async () => null };
      const from = { name: one.name, fingerprint: description.fingerprint };
      const paths = { modelDirectory, outputDirectory: base };
      await runTask({ kind: 'quantize', compute: 'wasm', description, type, from, ...paths }, context);
      const outputs = `${base}.safetensors`;
      expect(runPeer('./quantized_models.py', [{ base, outputs, ids }], [], python ?? '')).toEqual([one.architecture]);
      const theirs = await readSafetensors(outputs);
      const weights = await openModelWeights(base);
      const quantized = [...theirs.keys()].filter((name) => name.endsWith('.weight'));
      expect(quantized.length).toBe(description.linears.filter(({ layer }) => layer !== null).length - one.kept);
      for (const name of quantized) {
        const { shape, data } = await weights.read(name);
        const their = theirs.get(name);
        expect([name, ...shape]).toEqual([name, ...(their?.shape ?? [])]);
        // Values by the thousand, which would be compared, and told, one by one.
        expect(relativeDifference(data, their?.data ?? []), name).toBe(0);
      }
      await weights.close();
      const model = new AdaptedModel(await loadBaseModel(base));
      const read = { shape: [2, 24], data: Int32Array.from(ids.flat()) };
      const given = tensorsOf(
        new Map([
          ['input_ids', read],
          ['decoder_input_ids', read],
        ]),
      );
      const ours = model.outputs(given)['logits']?.dataSync() ?? [];
      expect(relativeDifference(ours, theirs.get('logits')?.data ?? [])).toBeLessThan(bound);
      model.base.dispose();
    },
    600_000,
  );
});
