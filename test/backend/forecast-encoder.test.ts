import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forecastMemory } from '../../src-main/backend/forecast-memory.ts';
import { activateCompute, computeBackends } from '../../src-main/engine/compute/index.ts';
import { familyOf, readConfig } from '../../src-main/engine/formats/hf-model.ts';
import { AdaptedModel } from '../../src-main/engine/lora/adapted-model.ts';
import { loadBaseModel } from '../../src-main/engine/models/load-model.ts';
import { AdamW } from '../../src-main/engine/training/optimizers/adamw.ts';
import { TrainingStep } from '../../src-main/engine/training/training-step.ts';
import { adapterSettingsSchema } from '../../src-shared/domain/adapter.ts';
import { RandomStream } from '../../src-shared/random.ts';
import { makeEncoder } from '../engine/models/made-encoder.ts';

const home = mkdtempSync(join(tmpdir(), 'coto-forecast-'));
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

const cases = kinds.flatMap((kind) =>
  ['all-linear', ['query', 'value', 'query_proj', 'value_proj']].flatMap((targets) =>
    [false, true].map((gradientCheckpointing) => ({ kind, targets, gradientCheckpointing })),
  ),
);

describe.each(computeBackends.filter((backend) => backend.peakBytes !== undefined))('on $id', (backend) => {
  let available = false;
  beforeAll(async () => {
    available = (await backend.probe()).available;
    if (available) await activateCompute(backend.id);
  });

  it.for(cases)(
    'the forecast of a $kind with adapters on $targets, checkpointing $gradientCheckpointing, is within 15 percent of what is measured',
    async ({ kind, targets, gradientCheckpointing }, { skip }) => {
      const { peakBytes } = backend;
      if (!available || peakBytes === undefined) return skip(`${backend.id} is not available here`);
      const base = await loadBaseModel(join(home, kind));
      const model = new AdaptedModel(base);
      const settings = adapterSettingsSchema.parse({ target_modules: targets });
      await model.createAdapter(settings, { random: RandomStream.seeded(1, 'initialisation'), labels: null });
      const optimizer = new AdamW(model.trainable(), { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
      const step = new TrainingStep(model, optimizer, 1, gradientCheckpointing);
      const micro = {
        inputs: {
          input_ids: { shape: [batch, tokens], data: Int32Array.from({ length: batch * tokens }, (_, at) => at % 100) },
        },
        labels: Int32Array.from({ length: batch }, (_, at) => at % 3),
      };
      let peak = 0;
      for (let count = 0; count < 2; count++) {
        peakBytes.reset();
        await step.run([micro], 1e-3, new Set());
        peak = peakBytes.read();
      }
      const state = await model.exportState();
      const config = await readConfig(join(home, kind));
      const parts = forecastMemory({
        description: base.description,
        memory: familyOf(config).memory(config, tokens),
        adapters: { rank: (name) => state.modules.get(name)?.rank ?? 0, dropout: false },
        trained: [...model.trainable().values()].map((variable) => variable.size),
        outputs: 3,
        batch,
        gradientCheckpointing,
        bfloat16: false,
        backend: backend.id,
      });
      const forecast = parts.reduce((sum, part) => sum + part.bytes, 0);
      optimizer.dispose();
      model.dispose();
      base.dispose();
      expect(forecast / peak).toBeGreaterThan(0.85);
      expect(forecast / peak).toBeLessThan(1.15);
    },
  );
});
