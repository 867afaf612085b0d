import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, computeBackends } from '../../../src-main/engine/compute/index.ts';
import { familyOf, readConfig } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { tokenBatch } from '../../engine/batches.ts';
import { makeT5 } from '../../engine/models/synthetic-t5.ts';
import { estimateOverPeak } from './measured-estimate.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-estimate-t5-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ofDecoder = String.raw`decoder\..*\.(q|v)`;
interface Case {
  readonly what: string;
  readonly form: 'gated-gelu' | 'relu';
  readonly targets: readonly string[] | string;
  readonly checkpoints?: boolean;
  readonly tokens?: number;
  readonly targetTokens?: number;
}
const cases: readonly Case[] = [
  { what: 'gated, q and v', form: 'gated-gelu', targets: ['q', 'v'] },
  { what: 'gated, every linear', form: 'gated-gelu', targets: 'all-linear' },
  { what: 'relu, every linear', form: 'relu', targets: 'all-linear' },
  { what: 'gated, the decoder alone', form: 'gated-gelu', targets: ofDecoder },
  { what: 'gated, every linear with checkpointing', form: 'gated-gelu', targets: 'all-linear', checkpoints: true },
  { what: 'long targets, q and v', form: 'gated-gelu', targets: ['q', 'v'], tokens: 48, targetTokens: 160 },
];

describe.each(computeBackends.filter((backend) => backend.peakBytes !== undefined))('on $id', (backend) => {
  let available = false;
  beforeAll(async () => {
    available = (await backend.probe()).available;
    if (available) await activateCompute(backend.id);
    for (const form of ['gated-gelu', 'relu'] as const)
      await makeT5(join(folder, form), {
        ...{ d_model: 128, d_kv: 32, d_ff: 320, num_layers: 3, num_decoder_layers: 3, num_heads: 4, vocab_size: 300 },
        feed_forward_proj: form,
      });
  });

  it.for(cases)('the estimate of a T5 is within 10 percent of what is measured: $what', async (one, { skip }) => {
    const { peakBytes } = backend;
    if (!available || peakBytes === undefined) return skip(`${backend.id} is not available here`);
    const { tokens = 128, targetTokens = 40, checkpoints = false } = one;
    const batch = 16;
    const base = await loadBaseModel(join(folder, one.form));
    const ids = (count: number) => ({
      shape: [batch, count],
      data: Int32Array.from({ length: batch * count }, (_, at) => (at * 7) % 300),
    });
    const labels = ids(targetTokens);
    const micro = tokenBatch({ input_ids: ids(tokens), decoder_input_ids: ids(targetTokens) }, labels.data);
    const file = await readConfig(join(folder, one.form));
    const memory = familyOf(file).memory(file, { tokens, targetTokens });
    const adapter = { target_modules: one.targets };
    const given = { backend, peakBytes, base, adapter, labels: null, micro, batch, memory, outputs: 0 };
    const share = await estimateOverPeak({ ...given, gradientCheckpointing: checkpoints });
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(1.1);
  });
});
