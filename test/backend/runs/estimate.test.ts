import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { programBytes } from '../../../src-main/backend/runs/estimate-memory.ts';
import type { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { goldenPath } from '../../engine/golden.ts';
import { closeBackends, type OpenBackend, openBackend, scriptedEngine, tinyConfig, tinyIdx } from '../support.ts';

let backend: OpenBackend;
const dataset = tinyIdx();
beforeAll(async () => {
  backend = await openBackend({ startEngine: scriptedEngine(() => new Promise(() => undefined)) });
});
afterAll(closeBackends);

describe('the estimate of a run', () => {
  it('tells the share of the learning rate that an adapter receives under CoTo', async () => {
    const shareOf = async (more: object) => {
      const config = { ...tinyConfig, dataset, max_steps: 2, warmup_steps: 0, ...more };
      return (await backend.handle('runs.estimate', { config })).updateShare;
    };
    expect(await shareOf({})).toBeNull();
    // Two groups: p / (1 − (1 − p)²) with p = 0.1 in the first step and 0.55 in the second, since stage 1 ends after both.
    const shares = [0.1, 0.55].map((p) => p / (1 - (1 - p) ** 2));
    const [first = 0, second = 0] = shares;
    const coto = { initial_p: 0.1, stage1_ratio: 1 };
    expect(await shareOf({ coto, lr_scheduler_type: 'constant' })).toBeCloseTo((first + second) / 2, 6);
    // A cosine over two steps: the factors 1 and ½.
    expect(await shareOf({ coto })).toBeCloseTo((first + second / 2) / 1.5, 6);
  });

  it('counts by hand what the tiny ViT trains', async () => {
    // hidden 32, inner 48, 2 layers, 4 heads, 17 tokens, 10 labels.
    const estimate = await backend.handle('runs.estimate', {
      config: {
        ...tinyConfig,
        dataset,
        adapter: { r: 2, target_modules: ['q_proj', 'fc1'], rank_pattern: { fc1: 3 } },
        max_steps: 0,
        num_train_epochs: 3,
        train_samples_per_class: 3,
      },
    });
    // q_proj: 2 · (32 + 32); fc1: 3 · (32 + 48); both in two layers; head: 10 · 32 + 10.
    const trainable = 2 * (2 * 64 + 3 * 80) + 330;
    expect(estimate.trainableParameters).toBe(trainable);
    expect(estimate.targetModules).toEqual([
      'vit.layers.0.attention.q_proj',
      'vit.layers.0.mlp.fc1',
      'vit.layers.1.attention.q_proj',
      'vit.layers.1.mlp.fc1',
    ]);
    expect(estimate.groups).toEqual(['layers.0', 'layers.1']);
    expect(estimate.trainExamples).toBe(30);
    // 30 examples in batches of 4 are 8 steps an epoch.
    expect(estimate.totalSteps).toBe(24);
    const bytes = Object.fromEntries(estimate.memory.map((part) => [part.part, part.bytes]));
    const rows = 4 * 17;
    // The first layer keeps its input, q, k, v, attention's result, the middle state (32 each), fc1's derivative (48),
    // sums (4 heads), the inputs of q and fc1 (adapted), and r values each of q (2) and fc1 (3).
    const first = rows * (6 * 32 + 48 + 4 + 2 * 32 + 2 + 3);
    // The second does the same for the class token of each of the 4 images, but for its input, k and v.
    const second = rows * 3 * 32 + 4 * (3 * 32 + 48 + 4 + 2 * 32 + 2 + 3);
    // In hand in it: fc1's result, the activated state, the output, the class tokens' residual; of all tokens the normalized
    // state and the gradients of keys, values and of that state.
    const working = 4 * (48 + 48 + 32 + 32) + rows * 4 * 32;
    expect(bytes).toEqual({
      program: programBytes,
      weights: 4 * estimate.totalParameters,
      adapters: 4 * trainable,
      gradients: 4 * trainable,
      optimizer: 8 * trainable,
      activations: 4 * (4 * 28 * 28 + Math.max(first + second + working, first + rows * (48 + 48 + 32))),
      logits: 4 * 4 * (32 + 32 + 10 + 10),
    });
  });

  it('counts the disk of adapter and checkpoints, and adds up several runs', async () => {
    const config = {
      ...tinyConfig,
      dataset,
      adapter: { r: 2, target_modules: ['q_proj'] },
      max_steps: 10,
    };
    // q_proj: 2 · (32 + 32) in two layers; head: 10 · 32 + 10. Four bytes each; AdamW keeps two more values for each.
    const adapter = 4 * (2 * 2 * 64 + 330);
    const estimate = await backend.handle('runs.estimate', { config });
    // The adapter, and the checkpoints last and best with the optimizer's state.
    expect(estimate.diskBytes).toBe(adapter + 2 * 3 * adapter);
    const saved = await backend.handle('runs.estimate', { config: { ...config, save_steps: 3 } });
    // After the steps 3, 6 and 9.
    expect(saved.diskBytes).toBe(adapter + 5 * 3 * adapter);
    const both = await backend.handle('runs.forecast', {
      configs: [config, { ...config, seed: 7 }, { ...config, save_steps: 3 }],
    });
    expect(both).toEqual({ seconds: null, diskBytes: 2 * estimate.diskBytes + saved.diskBytes });
  });

  it('counts moments of the size of the weights for LoRA-Pro, and none for SGD', async () => {
    const adapter = { r: 2, target_modules: ['fc1'] };
    const bytesOf = async (settings: z.input<typeof runConfigSchema>) => {
      const { memory } = await backend.handle('runs.estimate', { config: { ...tinyConfig, dataset, ...settings } });
      return memory.find(({ part }) => part === 'optimizer')?.bytes;
    };
    // Two layers of fc1 [48, 32], and the head [10, 32] with its bias.
    expect(await bytesOf({ adapter: { ...adapter, variant: 'lora-pro' } })).toBe(8 * (2 * 48 * 32 + 330));
    expect(await bytesOf({ adapter, optim: 'sgd' })).toBe(0);
    expect(await bytesOf({ adapter, optim: 'sgd', sgd_momentum: 0.9 })).toBe(4 * (2 * 2 * 80 + 330));
  });

  it('makes nothing known to the studio', async () => {
    await backend.handle('runs.estimate', { config: { ...tinyConfig, dataset } });
    await backend.handle('runs.estimate', { config: { ...tinyConfig, model: goldenPath('vit-28', 'base'), dataset } });
    expect((await backend.handle('models.list', {})).map((model) => model.id)).toEqual(['tiny']);
    expect((await backend.handle('datasets.list', {})).filter((one) => !one.bundled)).toEqual([]);
  });

  it.each<{ words: string } & z.input<typeof runConfigSchema>>([
    { adapter: { variant: 'ia3' }, optim: 'riemannian-adamw', words: 'IA³ does not train two factors' },
    { adapter: { variant: 'lora-pro' }, optim: 'sgd', words: 'LoRA-Pro has an optimizer of its own' },
    { adapter: { variant: 'adalora', target_r: 20 }, words: 'adapter.target_r is 20' },
    {
      adapter: {},
      optim: 'riemannian-adamw',
      coto: { schedule: 'random-ranks' },
      words: 'mixes the gradients of all ranks',
    },
  ])('refuses what the engine would refuse, before it is queued: $words', async ({ words, ...settings }) => {
    const config = { ...tinyConfig, dataset, ...settings };
    await expect(backend.handle('runs.estimate', { config })).rejects.toThrow(words);
    await expect(backend.handle('runs.create', { config })).rejects.toThrow(words);
  });

  it('names one group a module where CoTo switches modules', async () => {
    const { groups } = await backend.handle('runs.estimate', {
      config: { ...tinyConfig, dataset, coto: { granularity: 'module' } },
    });
    expect(groups).toEqual([
      'vit.layers.0.attention.q_proj',
      'vit.layers.0.attention.v_proj',
      'vit.layers.1.attention.q_proj',
      'vit.layers.1.attention.v_proj',
    ]);
  });
});
