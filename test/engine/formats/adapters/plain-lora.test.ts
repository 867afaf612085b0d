import { beforeAll, describe, expect, test } from 'vitest';
import { readAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { requireLinear } from '../../../../src-main/engine/adapters/targets/target-modules.ts';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { mergedTensors } from '../../../../src-main/engine/adapters/weights/merged-weights.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import { toPlainLora } from '../../../../src-main/engine/formats/adapters/plain-lora.ts';
import { matmul } from '../../../../src-main/engine/linalg/index.ts';
import { BaseWeights } from '../../../../src-main/engine/merge/run/base-weights.ts';
import { describeModel } from '../../../../src-main/engine/models/huggingface/model-folder.ts';
import { openModelWeights } from '../../../../src-main/engine/models/huggingface/model-weights.ts';
import { goldenPath } from '../../golden.ts';
import { testCompute } from '../../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

const directory = goldenPath('llama', 'base');

async function converted(adapter: string, cut: { rank: number; energy?: number }) {
  const description = await describeModel(directory);
  const weights = new BaseWeights({ description, directory });
  const state = await readAdapter(goldenPath('llama', 'adapters', adapter), description);
  const made = await toPlainLora(state, description, cut, (name) => weights.read(name));
  await weights.close();
  return { description, state, made };
}

/** ‖merged − base − B·A‖ / ‖merged − base‖ over all modules, from the merged checkpoint. */
async function measuredError({ description, state, made }: Awaited<ReturnType<typeof converted>>): Promise<number> {
  const weights = await openModelWeights(directory);
  let [lost, total] = [0, 0];
  for (const [key, { make }] of mergedTensors(weights, description, state)) {
    const name = key.replace(/\.weight$/, '');
    const own = made.state.modules.get(requireLinear(description, name).name)?.tensors;
    const [a, b] = [own?.get('a'), own?.get('b')];
    if (!a || !b) throw new Error(`${name} was not converted`);
    const [merged, base, update] = [await make(), await weights.read(key), matmul(b, a)];
    for (let at = 0; at < merged.data.length; at++) {
      const delta = (merged.data[at] ?? 0) - (base.data[at] ?? 0);
      lost += (delta - (update.data[at] ?? 0)) ** 2;
      total += delta ** 2;
    }
  }
  await weights.close();
  return Math.sqrt(lost / total);
}

describe('plain LoRA', () => {
  test.each(['dora', 'hira', 'loha', 'rslora', 'lora-patterns'])(
    'full-rank conversion of %s equals the adapter',
    async (adapter) => {
      const result = await converted(adapter, { rank: 1024, energy: 1 });
      expect(result.made.state.variant.declaration.id).toBe('lora');
      expect(new Set([...result.made.state.modules.values()].map(({ scaling }) => scaling))).toEqual(new Set([1]));
      expect(result.made.report.error).toBeLessThan(1e-6);
      expect(await measuredError(result)).toBeLessThan(2e-5);
    },
  );

  test.each([
    ['dora', { rank: 4 }],
    ['hira', { rank: 6 }],
    ['loha', { rank: 1024, energy: 0.8 }],
  ])('of %s cut to %o costs the error that is reported', async (adapter, cut) => {
    const result = await converted(adapter, cut);
    const { error, largest, lowestRank, highestRank } = result.made.report;
    expect(Math.abs((await measuredError(result)) - error)).toBeLessThan(1e-4);
    expect(largest.error).toBeGreaterThanOrEqual(error);
    expect(lowestRank).toBeGreaterThan(0);
    if ('energy' in cut) expect(error).toBeLessThan(Math.sqrt(1 - 0.8) + 1e-6);
    else expect(highestRank).toBe(cut.rank);
  });

  test('needs no base where the update is a product', async () => {
    const description = await describeModel(directory);
    const state = await readAdapter(goldenPath('llama', 'adapters', 'rslora'), description);
    const made = await toPlainLora(state, description, { rank: 2 }, () => Promise.reject(new Error('no base')));
    expect(made.report.highestRank).toBe(2);
  });

  test('is refused for biases', async () => {
    await expect(converted('lora-bias', { rank: 4 })).rejects.toThrow(/changes the bias of/);
  });

  test('knows every variant either as a product or by its merged weight', () => {
    for (const {
      product: { lowRank, reason },
      mergedWeight,
    } of adapterVariants)
      expect(lowRank !== null || (reason !== undefined && mergedWeight !== undefined)).toBe(true);
  });
});
