import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshAdapter } from '../../../src-main/engine/adapters/fresh/fresh-adapter.ts';
import { findLinear } from '../../../src-main/engine/adapters/targets/target-modules.ts';
import type { AdapterState } from '../../../src-main/engine/adapters/variant/state.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { recordInputs } from '../../../src-main/engine/evaluation/record-inputs.ts';
import { TuningData } from '../../../src-main/engine/evaluation/tuning-data.ts';
import { TuningExamples } from '../../../src-main/engine/evaluation/tuning-examples.ts';
import type { TaskContext } from '../../../src-main/engine/events.ts';
import type { LossRequest, MergeCandidate } from '../../../src-main/engine/merge/merge-data.ts';
import { updateOf } from '../../../src-main/engine/merge/merge-method.ts';
import { concatenated } from '../../../src-main/engine/merge/spaces/concatenated.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import type { HostTensor } from '../../../src-main/engine/tensors/host-tensor.ts';
import { adapterSettingsSchema } from '../../../src-shared/domain/adapters/adapter.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { labels, modelDirectory, writeSplit } from '../jobs/random-adapters.ts';
import { testCompute } from '../test-compute.ts';

const context: TaskContext = { emit: () => undefined, signal: async () => null };
let scratch: string;
let base: BaseModel;
let states: AdapterState[];
const opened: TuningData[] = [];

beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-tuning-'));
  await writeSplit(scratch, 'train', 20);
  await writeSplit(scratch, 't10k', 5);
  await mkdir(path.join(scratch, 'out'));
  await activateCompute(testCompute);
  base = await loadBaseModel(modelDirectory);
  states = [await randomState(1), await randomState(2)];
});
afterAll(async () => {
  for (const data of opened) await data.close();
  base.dispose();
  await rm(scratch, { recursive: true, force: true });
});

async function randomState(seed: number): Promise<AdapterState> {
  const random = RandomStream.seeded(seed, 'initialization');
  const settings = adapterSettingsSchema.parse({ r: 2, target_modules: ['q_proj', 'v_proj'] });
  const { state } = await freshAdapter(base, settings, { random, labels });
  const drawn = ({ shape, data }: HostTensor) => ({
    shape,
    data: Float32Array.from(data, () => 0.3 * random.normal()),
  });
  const modules = new Map(
    [...state.modules].map(([name, module]) => [
      name,
      { ...module, tensors: new Map([...module.tensors].map(([part, tensor]) => [part, drawn(tensor)])) },
    ]),
  );
  return { ...state, modules, saved: new Map([...state.saved].map(([name, tensor]) => [name, drawn(tensor)])) };
}

const source = () => ({ reader: 'idx', path: scratch, options: {}, settings: taskSettingsSchema.parse({}) });

function tuning(samples = 20, weights: readonly number[] = [0.5, 0.5]): TuningData {
  const adapters = weights.map((weight, index) => ({
    weight,
    dataset: 0,
    read: async () => states[index] ?? Promise.reject(new Error('no adapter')),
  }));
  const request = { modelDirectory, adapters, datasets: [source()], samples, seed: 0, base: async () => base };
  const data = new TuningData(request, context);
  opened.push(data);
  return data;
}

/** Σ wᵢ·ΔWᵢ of all modules. */
function merged(weights: readonly number[]): Map<string, ReturnType<typeof concatenated>> {
  const [first] = states;
  if (!first) throw new Error('no adapter');
  return new Map(
    [...first.modules.keys()].map((name) => {
      const updates = states.map(({ variant, parameters, modules }) => {
        const [module, own] = [findLinear(base.description, name), modules.get(name)];
        if (!module || !own) throw new Error(`no ${name}`);
        return updateOf(variant, { ...own, parameters, module });
      });
      return [name, concatenated(updates, weights)];
    }),
  );
}

describe('losses of a candidate', () => {
  test.each<LossRequest>([
    { objective: 'task', adapter: 0, batch: 1 },
    { objective: 'task' },
    { objective: 'entropy', batch: 0 },
    { objective: 'outputs', adapter: 1, batch: 0 },
  ])('%j: gradients are finite differences along them', async (request) => {
    const data = tuning();
    const candidate = merged([0.5, 0.5]);
    const { gradients } = await data.loss(candidate, { ...request, gradients: true });
    const name = [...candidate.keys()].at(-1) ?? '';
    for (const part of ['a', 'b'] as const) {
      const gradient = gradients?.get(name)?.[part].data ?? [];
      const slope = Math.hypot(...Array.from(gradient));
      expect(slope).toBeGreaterThan(0);
      const moved = (step: number): MergeCandidate => {
        const update = candidate.get(name);
        if (!update) throw new Error('no update');
        const values = Float32Array.from(
          update[part].data,
          (value, at) => value + (step * (gradient[at] ?? 0)) / slope,
        );
        return new Map([...candidate, [name, { ...update, [part]: { ...update[part], data: values } }]]);
      };
      const step = 0.02;
      const [after, before] = [await data.loss(moved(step), request), await data.loss(moved(-step), request)];
      expect((after.loss - before.loss) / (2 * step) / slope).toBeCloseTo(1, 1);
    }
  });

  test('an adapter on its own has no distance to its outputs', async () => {
    const alone = await tuning(20, [1, 0]).loss(merged([1, 0]), { objective: 'outputs', adapter: 0 });
    expect(alone.loss).toBeLessThan(1e-10);
  });

  test('all batches together are the mean over the examples', async () => {
    const data = tuning();
    const candidate = merged([0.5, 0.5]);
    const loss = async (request: Omit<LossRequest, 'objective'>) =>
      (await data.loss(candidate, { objective: 'task', ...request })).loss;
    // 20 examples are a batch of 16 and one of 4.
    const expected = (16 * (await loss({ adapter: 0, batch: 0 })) + 4 * (await loss({ adapter: 0, batch: 1 }))) / 20;
    expect(await loss({ adapter: 0 })).toBeCloseTo(expected, 5);
    expect(await loss({ adapter: 0, batch: 2 })).toBe(await loss({ adapter: 0, batch: 0 }));
  });
});

test('the score is the share of right predictions on training examples, a seeded sample', async () => {
  const score = await tuning(8).score(merged([0.5, 0.5]));
  expect(score * 8).toBeCloseTo(Math.round(score * 8), 5);
  expect(await tuning(8).score(merged([0.5, 0.5]))).toBe(score);
});

test('scores with only some modules on are those of the merge without the others, each evaluated once', async () => {
  const data = tuning();
  const candidate = merged([0.5, 0.5]);
  const names = [...candidate.keys()];
  const sets = [[], [0], [3], [0, 1, 2, 3], [1, 2], [0]].map((on) => new Set(on.map((place) => names[place] ?? '')));
  const done: [number, number][] = [];
  const masks = data.masks(candidate);
  const scores = await masks.score(sets, async (...progress) => void done.push(progress));
  for (const [place, on] of sets.entries())
    expect(scores[place]).toBe(await data.score(new Map([...candidate].filter(([name]) => on.has(name)))));
  // Five distinct sets on two batches; both adapters share examples and head.
  expect(done).toEqual(Array.from({ length: 10 }, (_, step) => [step + 1, 10]));
  expect(await masks.score([new Set(), new Set(names)], () => Promise.reject(new Error('evaluated again')))).toEqual([
    scores[0],
    scores[3],
  ]);
});

describe('inputs', () => {
  test('are those of the adapter on its own: equal in the first layer, different in the next', async () => {
    const data = tuning(4);
    const names = [...(states[0]?.modules.keys() ?? [])];
    const [first = '', last = ''] = [names[0], names.at(-1)];
    const [one, other] = [await data.inputs(0, first), await data.inputs(1, first)];
    const inFeatures = findLinear(base.description, first)?.inFeatures;
    // 16 patches and the class token of each of four images.
    expect(one.shape).toEqual([4 * 17, inFeatures]);
    expect(other).toEqual(one);
    expect(await data.inputs(0, last)).not.toEqual(await data.inputs(1, last));
  });

  test('records inputs of the plain base too, with a sample if there are too many rows', async () => {
    const name = [...(states[0]?.modules.keys() ?? [])][0] ?? '';
    const examples = await TuningExamples.open(
      { modelDirectory, base, source: source(), samples: 20, seed: 0 },
      context,
    );
    try {
      const options = { modules: new Set([name]), rowsPerBatch: 5, seed: 1 };
      const recorded = await recordInputs(base, null, examples.batches(), options);
      expect([...recorded.keys()]).toEqual([name]);
      expect(recorded.get(name)?.shape).toEqual([10, findLinear(base.description, name)?.inFeatures]);
      expect(await recordInputs(base, null, examples.batches(), options)).toEqual(recorded);
    } finally {
      examples.close();
    }
  });

  test('a module without inputs is refused by name', async () => {
    await expect(tuning(4).inputs(0, 'vit.nowhere')).rejects.toThrow('vit.nowhere has no matrix of inputs');
  });
});
