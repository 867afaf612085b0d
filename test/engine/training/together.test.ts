import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { SharedPass } from '../../../src-main/engine/training/shared-pass.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { goldenPath, relativeDifference } from '../golden.ts';
import { config, rows, type Trained, trainVit } from './vit-run.ts';

const target_modules = ['q_proj', 'v_proj'];
const lora = (changes: Record<string, unknown> = {}, dropout = 0) =>
  config({ coto: null, adapter: { r: 4, lora_alpha: 8, lora_dropout: dropout, target_modules }, ...changes });
const dora = (changes: Record<string, unknown> = {}) =>
  config({ coto: null, adapter: { variant: 'dora', r: 3, lora_alpha: 8, target_modules }, ...changes });
const hira = (changes: Record<string, unknown> = {}) =>
  config({ coto: null, adapter: { variant: 'hira', parameters: { r: 3 }, target_modules }, ...changes });

/** Runs of several seeds and kinds, and runs of one seed, which have the same order of the data. */
const groups: Record<string, RunConfig[]> = {
  'five seeds of LoRA': [1, 2, 3, 4, 5].map((seed) => lora({ seed })),
  'LoRA with CoTo and dropout': [1, 2, 3].map((seed) => lora({ seed, coto: {} }, 0.1)),
  'variants, ranks and CoTo': [
    lora({ seed: 1 }),
    dora({ seed: 1 }),
    hira({ seed: 1 }),
    dora({ seed: 2, coto: {} }),
    hira({ seed: 3, coto: {} }),
  ],
  'checkpoints saved by time': [lora({ seed: 1 }, 0.1), lora({ seed: 2, save_minutes: 1e-7 }, 0.1)],
  'one order of the data': [
    lora({ seed: 1 }),
    lora({ seed: 1, coto: {} }),
    dora({ seed: 1, coto: {} }),
    hira({ seed: 1, coto: {} }),
  ],
};

describe.each(['wasm', 'native'] as const)('runs trained together on %s', (backend) => {
  let base: BaseModel;
  let folder: string;
  beforeAll(async () => {
    await activateCompute(backend);
    base = await loadBaseModel(goldenPath('vit', 'base'));
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coto-together-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const together = (configs: readonly RunConfig[]): Promise<Trained[]> => {
    const pass = new SharedPass(base);
    const places = configs.map(() => pass.place());
    return Promise.all(
      configs.map((one, index) => trainVit(base, folder, one, { name: `together-${index}`, place: places[index] })),
    );
  };
  const adapterOf = async ({ adapterDirectory }: Trained) => {
    const { modules, saved } = await readAdapter(adapterDirectory ?? '', base.description);
    return [...[...modules.values()].flatMap(({ tensors }) => [...tensors.values()]), ...saved.values()].map(
      ({ data }) => data,
    );
  };

  /** oneDNN's products of AVX2 round otherwise for another number of rows; those of AVX-512 and of wasm do not. */
  const expectEqual = (found: readonly ArrayLike<number>[], expected: readonly ArrayLike<number>[]) => {
    if (backend === 'wasm') expect(found).toEqual(expected);
    expect(found).toHaveLength(expected.length);
    for (const [at, values] of expected.entries())
      expect(relativeDifference(found[at] ?? [], values)).toBeLessThan(5e-4);
  };

  it.each(Object.entries(groups))('%s: losses and adapters of each are those of the run alone', async (_, configs) => {
    const alone: Trained[] = [];
    for (const [index, one] of configs.entries())
      alone.push(await trainVit(base, folder, one, { name: `alone-${index}` }));
    const before = tf.memory().numTensors;
    const all = await together(configs);
    expect(tf.memory().numTensors).toBe(before);
    for (const [index, run] of all.entries()) {
      const own = alone[index];
      if (own === undefined) throw new Error('a run was not trained alone');
      const losses = ({ events }: Trained) => Float32Array.from(rows(events, 'loss'), ({ value }) => value);
      expectEqual([losses(run)], [losses(own)]);
      expectEqual(await adapterOf(run), await adapterOf(own));
    }
  });
});
