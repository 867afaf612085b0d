import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { RankMask } from '../../../src-main/engine/adapters/ranks/rank-mask.ts';
import { adapterVariant } from '../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { checkSchedule } from '../../../src-main/engine/coto/schedule-rows.ts';
import { deviceInputs } from '../../../src-main/engine/losses/batch-inputs.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { lossGradients } from '../../../src-main/engine/training/loss-gradients.ts';
import { cotoScheduleSchema, cotoSettingsSchema } from '../../../src-shared/domain/runs/coto.ts';
import { goldenPath, relativeDifference } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { savedCheckpoint } from '../training/saved-checkpoint.ts';
import { config, loadBatch, masks, rows, trainVit } from '../training/vit-run.ts';

let base: BaseModel;
let folder: string;

beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(goldenPath('vit', 'base'));
  folder = mkdtempSync(join(tmpdir(), 'coto-schedules-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shortRun = (schedule: string, changes: Record<string, unknown> = {}) =>
  config({ max_steps: 6, eval_steps: 0, coto: { schedule, initial_p: 0.3 }, ...changes });

describe.each(cotoScheduleSchema.options)('a run on the schedule %s', (schedule) => {
  it('goes on bit for bit after a pause', async () => {
    const chosen = shortRun(schedule);
    const [whole, cut] = [`${schedule}-whole`, `${schedule}-cut`];
    const full = await trainVit(base, folder, chosen, { name: whole });
    const paused = await trainVit(base, folder, chosen, { name: cut, signal: 'pause', signalAt: 3 });
    const last = savedCheckpoint(join(folder, cut));
    const resumed = await trainVit(base, folder, chosen, { name: cut, resume: last });
    expect([...rows(paused.events, 'loss'), ...rows(resumed.events, 'loss')]).toEqual(rows(full.events, 'loss'));
    expect([...masks(paused.events), ...masks(resumed.events)]).toEqual(masks(full.events));
    const expected = await readSafetensors(join(savedCheckpoint(join(folder, whole)), 'adapter_model.safetensors'));
    const actual = await readSafetensors(join(savedCheckpoint(join(folder, cut)), 'adapter_model.safetensors'));
    for (const [name, tensor] of expected) expect(actual.get(name)?.data, name).toEqual(tensor.data);
  });
});

describe('on the golden ViT', () => {
  const names = ['q_proj', 'v_proj'];
  const withModel = async (run: (model: AdaptedModel) => void | Promise<void>) => {
    const model = new AdaptedModel(base);
    model.loadState(await readAdapter(goldenPath('vit', 'adapters', 'lora'), base.description));
    try {
      await run(model);
    } finally {
      model.dispose();
    }
  };
  /** The loss on two images, and the gradients of the trained tensors that `wanted` names. */
  const differentiate = async (model: AdaptedModel, wanted: (name: string) => boolean = () => true) => {
    const { inputs, loss: batchLoss } = await loadBatch(Int32Array.of(0, 1));
    const variables = [...model.trainable()].filter(([name]) => wanted(name));
    const gradients = new Map<string, tf.TypedArray>();
    let loss = Number.NaN;
    tf.tidy(() => {
      const target = tf.tensor1d([...batchLoss.labels], 'int32');
      const made = lossGradients(
        model,
        deviceInputs(inputs),
        variables.map(([, variable]) => variable),
        (states) => model.loss(states, target),
      );
      loss = made.value.dataSync()[0] ?? Number.NaN;
      for (const [name, variable] of variables) {
        const gradient = made.gradients.get(variable.name);
        if (gradient) gradients.set(name, gradient.dataSync());
      }
    });
    return { loss, gradients };
  };

  it('LISA leaves every adapter on, and the gradients of the trained ones as they are', async () => {
    await withModel(async (model) => {
      const all = await differentiate(model);
      const groups = model.groups('layer');
      model.setTrained(groups, Uint8Array.of(0, 0, 1));
      expect(model.lowestActiveLayer()).toBe(2);
      const some = await differentiate(model, (name) => name.includes('layers.2.') || name.startsWith('classifier'));
      expect(some.loss).toBe(all.loss);
      expect(some.gradients.size).toBe(2 * names.length + 2);
      for (const [name, gradient] of some.gradients)
        expect(relativeDifference(gradient, all.gradients.get(name) ?? []), name).toBeLessThan(1e-5);
      model.setTrained(groups, null);
      expect(model.lowestActiveLayer()).toBe(0);
    });
  });

  it('a rank that is off contributes nothing, gets no gradient, and has its values back afterwards', async () => {
    await withModel(async (model) => {
      const before = await model.exportState();
      const mask = Uint8Array.of(1, 0, 1, 0);
      const ranks = new RankMask();
      ranks.apply(model.described.variant, model.adaptedModules(), Float32Array.from(mask));
      const masked = await differentiate(model);
      const gradients = new Map<string, tf.Tensor>();
      for (const [name, values] of masked.gradients) {
        const shape = model.trainable().get(name)?.shape ?? [];
        gradients.set(name, tf.tensor(values, shape));
      }
      ranks.maskGradients(gradients);
      ranks.restore();
      expect(await model.exportState()).toEqual(before);

      for (const module of model.adaptedModules()) {
        const a = gradients.get(module.trainedNames.get('a') ?? '')?.arraySync();
        const b = gradients.get(module.trainedNames.get('b') ?? '')?.arraySync();
        if (!Array.isArray(a) || !Array.isArray(b)) throw new Error('no gradient');
        mask.forEach((bit, rank) => {
          expect(Array.isArray(a[rank]) && a[rank].some((value) => value !== 0)).toBe(bit === 1);
          expect(b.some((row) => Array.isArray(row) && row[rank] !== 0)).toBe(bit === 1);
        });
      }
      tf.dispose([...gradients.values()]);

      const modules = new Map(
        [...before.modules].map(([name, module]) => {
          const b = module.tensors.get('b');
          if (b === undefined) throw new Error(`${name} has no B`);
          const data = Float32Array.from(b.data, (value, index) => value * (mask[index % 4] ?? 0));
          return [name, { ...module, tensors: new Map(module.tensors).set('b', { ...b, data }) }] as const;
        }),
      );
      model.loadState({ ...before, modules });
      expect((await differentiate(model)).loss).toBe(masked.loss);
    });
  });
});

it('random ranks move only the ranks that are on: of a single step, the columns of B', async () => {
  const one = shortRun('random-ranks', { max_steps: 1, warmup_steps: 0 });
  const { events } = await trainVit(base, folder, one, { name: 'ranks' });
  const mask = masks(events);
  expect(mask).toHaveLength(4);
  expect(mask).toContain(0);
  const state = await readAdapter(savedCheckpoint(join(folder, 'ranks')), base.description);
  for (const { tensors } of state.modules.values()) {
    const b = [...(tensors.get('b')?.data ?? [])];
    mask.forEach((bit, rank) => {
      expect(b.some((value, index) => index % 4 === rank && value !== 0)).toBe(bit === 1);
    });
  }
});

it('progressive dropout at p = 1 is no dropout, whatever the variant says, and below it is one', async () => {
  const losses = async (name: string, changes: Record<string, unknown>) =>
    rows((await trainVit(base, folder, shortRun('coto', changes), { name })).events, 'loss');
  const constant = (initial_p: number) => ({
    coto: { schedule: 'progressive-dropout', curve: 'constant', initial_p },
  });
  const adapter = { ...config().adapter.parameters, target_modules: ['q_proj', 'v_proj'] };
  const none = await losses('none', { coto: null, adapter: { ...adapter, lora_dropout: 0 } });
  expect(await losses('p1', constant(1))).toEqual(none);
  expect(await losses('p05', constant(0.5))).not.toEqual(none);
  // Its draws are those of lora_dropout.
  expect(await losses('p09', constant(0.9))).toEqual(await losses('d01', { coto: null }));
});

describe('a schedule that cannot switch the adapters', () => {
  const check = (schedule: string, variant: string, changes: { ranks?: (number | null)[]; activated?: number } = {}) =>
    checkSchedule(
      cotoSettingsSchema.parse({ schedule, lisa_activated_layers: changes.activated ?? 1 }),
      adapterVariant(variant),
      {},
      { groups: ['layers.0', 'layers.1'], ranks: changes.ranks ?? [4, 4] },
    );

  it('is refused, with the reason and a way out', () => {
    expect(() => check('random-ranks', 'ia3', { ranks: [null, null] })).toThrow(
      'The schedule "Random ranks" switches ranks, but the adapters of IA³ have none that can be switched.',
    );
    expect(() => check('nested-uniform', 'lora', { ranks: [4, 8] })).toThrow('rank_pattern');
    expect(() => check('progressive-dropout', 'ia3')).toThrow('needs dropout');
    expect(() => check('lisa', 'lora', { activated: 3 })).toThrow('but the adapters form 2 groups');
  });

  it.each(['coto', 'random-ranks', 'progressive-dropout'])('is refused where p is 0 in every step: %s', (schedule) => {
    const withP = (settings: object) =>
      checkSchedule(
        cotoSettingsSchema.parse({ schedule, ...settings }),
        adapterVariant('lora'),
        {},
        { groups: ['layers.0', 'layers.1'], ranks: [4, 4] },
      );
    expect(() => withP({ initial_p: 0, final_p: 0 })).toThrow(
      'coto.final_p and coto.initial_p are both 0: no adapter would ever be trained.',
    );
    expect(() => withP({ initial_p: 0, curve: 'constant' })).toThrow('coto.initial_p is 0, and the constant curve');
    expect(() => withP({ initial_p: 0 })).not.toThrow();
    expect(() => withP({ initial_p: 0.1, final_p: 0 })).not.toThrow();
  });

  it('is accepted with p at 0 where the schedule trains something all the same', () => {
    for (const schedule of ['stochastic-depth', 'nested-uniform', 'lisa'])
      expect(() =>
        checkSchedule(
          cotoSettingsSchema.parse({ schedule, initial_p: 0, final_p: 0, lisa_activated_layers: 1 }),
          adapterVariant('lora'),
          {},
          { groups: ['layers.0', 'layers.1'], ranks: [4, 4] },
        ),
      ).not.toThrow();
  });

  it('is accepted where it can', () => {
    for (const schedule of cotoScheduleSchema.options) expect(() => check(schedule, 'dora')).not.toThrow();
  });
});
