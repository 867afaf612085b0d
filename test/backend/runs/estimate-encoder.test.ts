import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activateCompute, computeBackends } from '../../../src-main/engine/compute/index.ts';
import { familyOf, readConfig } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { classBatch } from '../../engine/batches.ts';
import { makeEncoder } from '../../engine/models/synthetic-encoder.ts';
import { estimateOverPeak } from './measured-estimate.ts';

const home = mkdtempSync(join(tmpdir(), 'coto-estimate-'));
afterAll(() => rmSync(home, { recursive: true }));

const [batch, tokens] = [16, 64];
const kinds = ['bert', 'deberta-v2'] as const;
beforeAll(async () => {
  for (const kind of kinds)
    await makeEncoder(join(home, kind), kind, {
      hidden: 192,
      inner: 768,
      layers: 3,
      heads: 4,
      vocabulary: 100,
      positions: 64,
    });
});

const cases = [
  ...kinds.flatMap((kind) =>
    ['all-linear', ['query', 'value', 'query_proj', 'value_proj']].flatMap((targets) =>
      [false, true].map((gradientCheckpointing) => ({ kind, targets, gradientCheckpointing, start: 'kaiming' })),
    ),
  ),
  // The residual that the adapter stands on is there beside the base.
  { kind: 'bert' as const, targets: 'all-linear', gradientCheckpointing: false, start: 'olora' },
];

describe.each(computeBackends.filter((backend) => backend.peakBytes !== undefined))('on $id', (backend) => {
  let available = false;
  beforeAll(async () => {
    available = (await backend.probe()).available;
    if (available) await activateCompute(backend.id);
  });

  it.for(cases)(
    'the estimate of a $kind with adapters on $targets by $start, checkpointing $gradientCheckpointing, is within 15 percent of what is measured',
    async ({ kind, targets, gradientCheckpointing, start }, { skip }) => {
      const { peakBytes } = backend;
      if (!available || peakBytes === undefined) return skip(`${backend.id} is not available here`);
      const base = await loadBaseModel(join(home, kind));
      const ids = Int32Array.from({ length: batch * tokens }, (_, at) => at % 100);
      const micro = classBatch(
        { input_ids: { shape: [batch, tokens], data: ids } },
        Int32Array.from({ length: batch }, (_, at) => at % 3),
      );
      const config = await readConfig(join(home, kind));
      const memory = familyOf(config).memory(config, { tokens });
      const adapter = { target_modules: targets, init_lora_weights: start };
      const given = { backend, peakBytes, base, adapter, labels: null, micro, batch, memory, outputs: 3 };
      const share = await estimateOverPeak({ ...given, gradientCheckpointing });
      expect(share).toBeGreaterThan(0.85);
      expect(share).toBeLessThan(1.15);
    },
  );
});
