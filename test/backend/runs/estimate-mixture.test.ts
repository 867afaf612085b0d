import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeLlamaFolder } from '../../../src-main/bench/llama-folder.ts';
import { activateCompute, computeBackends } from '../../../src-main/engine/compute/index.ts';
import { familyOf, readConfig } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { tokenBatch } from '../../engine/batches.ts';
import { estimateOverPeak } from './measured-estimate.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-estimate-mixture-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const shape = {
  ...{ layers: 3, hidden: 128, heads: 4, keyValueHeads: 2, inner: 192, vocabulary: 300 },
  experts: { count: 6, chosen: 2 },
};

const experts = ['mlp.experts.gate_up_proj', 'mlp.experts.down_proj'];
const cases: readonly { what: string; adapter: Record<string, unknown>; checkpoints?: boolean }[] = [
  { what: 'q and v', adapter: { target_modules: ['q_proj', 'v_proj'] } },
  { what: 'every linear of attention', adapter: { target_modules: 'all-linear' } },
  { what: 'experts', adapter: { target_modules: [], target_parameters: experts, lora_dropout: 0 } },
  { what: 'all', adapter: { target_modules: 'all-linear', target_parameters: experts, lora_dropout: 0 } },
  { what: 'experts with checkpointing', adapter: { target_parameters: experts, lora_dropout: 0 }, checkpoints: true },
];

describe.each(computeBackends.filter((backend) => backend.peakBytes !== undefined))('on $id', (backend) => {
  let available = false;
  beforeAll(async () => {
    available = (await backend.probe()).available;
    if (available) await activateCompute(backend.id);
    await makeLlamaFolder(folder, shape, 'BF16');
  });

  it.for(cases)('the estimate of a mixture is within 10 percent of what is measured: $what', async (one, { skip }) => {
    const { peakBytes } = backend;
    if (!available || peakBytes === undefined) return skip(`${backend.id} is not available here`);
    const { checkpoints = false } = one;
    const [batch, tokens] = [16, 96];
    const base = await loadBaseModel(folder);
    const data = Int32Array.from({ length: batch * tokens }, (_, at) => (at * 7 + Math.floor(at / 31)) % 300);
    const micro = tokenBatch({ input_ids: { shape: [batch, tokens], data } }, data);
    const memory = familyOf(await readConfig(folder)).memory(await readConfig(folder), { tokens });
    const given = { backend, peakBytes, base, adapter: one.adapter, labels: null, micro, batch, memory, outputs: 0 };
    const share = await estimateOverPeak({ ...given, gradientCheckpointing: checkpoints });
    expect(share).toBeGreaterThan(0.9);
    expect(share).toBeLessThan(1.1);
  });
});
