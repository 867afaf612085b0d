import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { rowNorms } from '../../../src-main/engine/adapters/factors/magnitude.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { adapterVariant, adapterVariants } from '../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { EngineEvent } from '../../../src-main/engine/events.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { toHost } from '../../../src-main/engine/ops/to-host.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { smallParameters } from '../adapters/small-parameters.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { savedCheckpoint } from './saved-checkpoint.ts';
import { config, images, masks, rows, trainVit } from './vit-run.ts';

let base: BaseModel;
let folder: string;

beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(goldenPath('vit', 'base'));
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-training-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const train = (runConfig: RunConfig, options: Parameters<typeof trainVit>[3]) =>
  trainVit(base, folder, runConfig, options);

/** The settings of `config`, of which a variant takes what it declares. */
function adapterOf(variant: string) {
  const { parameters, ...fields } = config().adapter;
  const { declaration } = adapterVariant(variant);
  const isDeclared = ([name]: readonly [string, unknown]) => declaration.parameters.some((spec) => spec.name === name);
  const given = Object.fromEntries(Object.entries(parameters).filter(isDeclared));
  return { ...fields, parameters: { ...given, ...smallParameters(declaration) } };
}

describe('a training run', () => {
  const trainedOtherwise = adapterVariants.filter(({ training }) => training).map(({ declaration }) => declaration.id);
  interface Case {
    readonly variant: string;
    readonly optim?: string;
    readonly sgd_momentum?: number;
    readonly init?: string;
    readonly eva_rho?: number;
  }
  it.each<Case>([
    ...['lora', 'dora', ...trainedOtherwise].map((variant) => ({ variant })),
    { variant: 'lora', optim: 'riemannian-adamw' },
    { variant: 'lora-plus', optim: 'sgd', sgd_momentum: 0.9 },
    { variant: 'rslora', init: 'pissa' },
    { variant: 'dora', init: 'olora' },
    { variant: 'lora-plus', init: 'lora-ga' },
    { variant: 'lora', init: 'corda' },
    { variant: 'lora', init: 'eva', eva_rho: 3 },
  ])(
    'of $variant $optim $init goes on bit for bit after a pause, with the same masks, losses and adapter as if it had never stopped',
    async ({ variant, init, eva_rho, ...settings }) => {
      const { parameters, ...fields } = adapterOf(variant);
      const start = { ...(init ? { init_lora_weights: init } : {}), ...(eva_rho ? { eva_rho } : {}) };
      const adapter = { ...fields, variant, parameters: { ...parameters, ...start } };
      const chosen = config({ ...settings, adapter });
      const whole = await train(chosen, { name: 'whole' });
      const paused = await train(chosen, { name: 'cut', signal: 'pause', signalAt: 5 });
      expect(paused.outcome).toBe('paused');
      const last = savedCheckpoint(join(folder, 'cut'));
      const resumed = await train(chosen, { name: 'cut', resume: last });
      expect(whole.outcome).toBe('completed');
      expect(resumed.outcome).toBe('completed');

      const losses = [...rows(paused.events, 'loss'), ...rows(resumed.events, 'loss')];
      expect(losses).toEqual(rows(whole.events, 'loss'));
      expect(losses).toHaveLength(12);
      expect([...masks(paused.events), ...masks(resumed.events)]).toEqual(masks(whole.events));

      const [ofWhole, ofCut] = ['whole', 'cut'].map((name) => savedCheckpoint(join(folder, name)));
      const expected = await readSafetensors(join(ofWhole ?? '', 'adapter_model.safetensors'));
      const actual = await readSafetensors(join(ofCut ?? '', 'adapter_model.safetensors'));
      const { modules, saved } = await readAdapter(ofCut ?? '', base.description);
      if (init !== 'eva') expect(modules.size).toBe(6);
      const parts = [...modules.values()].flatMap(({ tensors }) => [...tensors.keys()]);
      expect(expected.size).toBe(parts.length + saved.size);
      for (const [name, tensor] of expected) expect(actual.get(name)?.data).toEqual(tensor.data);
    },
  );

  it('gives one result for one seed and another for another', async () => {
    const [first, again, other] = [
      await train(config(), { name: 'a' }),
      await train(config(), { name: 'b' }),
      await train(config({ seed: 7 }), { name: 'c' }),
    ];
    expect(rows(again.events, 'loss')).toEqual(rows(first.events, 'loss'));
    expect(rows(other.events, 'loss')).not.toEqual(rows(first.events, 'loss'));
  });

  it('keeps one mask a step with at least one layer on, and every layer on from stage 2', async () => {
    const { events } = await train(config(), { name: 'masks' });
    const bytes = masks(events);
    expect(bytes).toHaveLength(12 * 3);
    for (let step = 0; step < 12; step++) {
      const mask = bytes.slice(step * 3, step * 3 + 3);
      expect(mask.includes(1)).toBe(true);
      if (step >= 9) expect(mask).toEqual([1, 1, 1]);
    }
  });

  it('leaves what is off in a step untouched: a single step with one layer on moves only that layer and the head', async () => {
    const adapter = { ...config().adapter, variant: 'dora' };
    const oneStep = config({ adapter, max_steps: 1, warmup_steps: 0, coto: { initial_p: 0 } });
    const { events } = await train(oneStep, { name: 'one' });
    const bytes = masks(events);
    const state = await readAdapter(savedCheckpoint(join(folder, 'one')), base.description);
    for (const module of base.description.linears) {
      const factors = state.modules.get(module.name);
      if (!factors || module.layer === null) continue;
      // B starts at zero, so it has moved if and only if its layer was on.
      expect(factors.tensors.get('b')?.data.some((value) => value !== 0)).toBe(bytes[module.layer] === 1);
      const start = rowNorms(await toHost(base.frozenWeight(module).weight)).data;
      expect(factors.tensors.get('magnitude')?.data.some((value, at) => value !== start[at])).toBe(
        bytes[module.layer] === 1,
      );
    }
    expect(bytes.filter((bit) => bit === 1)).toHaveLength(1);
  });

  it('stops and hands on what it has; cancels and hands on nothing', async () => {
    const stopped = await train(config(), { name: 'stop', signal: 'stop', signalAt: 3 });
    expect(stopped.outcome).toBe('stopped');
    expect(stopped.result?.steps).toBe(3);
    expect((await readAdapter(stopped.adapterDirectory ?? '', base.description)).modules.size).toBe(6);
    const cancelled = await train(config(), { name: 'cancel', signal: 'cancel', signalAt: 3 });
    expect(cancelled).toMatchObject({ outcome: 'cancelled', result: null, adapterDirectory: null });
  });

  it('resumes a checkpoint of a version that kept the time of every step', async () => {
    await train(config(), { name: 'older', signal: 'pause', signalAt: 3 });
    const last = savedCheckpoint(join(folder, 'older'));
    const file = join(last, 'trainer_state.json');
    const { step_times, ...older } = JSON.parse(readFileSync(file, 'utf8'));
    expect(step_times.count).toBe(3);
    writeFileSync(file, JSON.stringify({ ...older, step_milliseconds: [1000, 1000, 1000] }));
    const { result } = await train(config(), { name: 'older', resume: last });
    expect(result?.trainSeconds).toBeGreaterThan(3);
    expect(result?.steps).toBe(config().max_steps);
  });

  it('saves a checkpoint by time, and is bit for bit the run that does not', async () => {
    const saved = (events: readonly EngineEvent[]) =>
      events.flatMap((event) =>
        event.kind === 'checkpoint' && event.checkpoint.kind === 'last' ? event.checkpoint.step : [],
      );
    const never = await train(config({ save_minutes: 0 }), { name: 'never' });
    // Shorter than any step.
    const often = await train(config({ save_minutes: 1e-7 }), { name: 'often' });
    expect(saved(never.events)).toEqual([12]);
    // After steps 4 and 8 the best evaluation may have been saved just now.
    expect(saved(often.events)).toEqual(expect.arrayContaining([1, 2, 3, 5, 6, 7, 9, 10, 11, 12]));
    for (const metric of ['loss', 'active_share'])
      expect(rows(often.events, metric)).toEqual(rows(never.events, metric));
    expect(masks(often.events)).toEqual(masks(never.events));
    const adapter = ({ adapterDirectory }: { readonly adapterDirectory: string | null }) =>
      readFileSync(join(adapterDirectory ?? '', 'adapter_model.safetensors'));
    expect(adapter(often).equals(adapter(never))).toBe(true);
  });

  it('saves nothing by time within its first two minutes, and once for each two minutes after', async () => {
    // Whole milliseconds, so that differences of two times are exact.
    const start = Math.ceil(performance.now());
    const clock = vi.spyOn(performance, 'now').mockReturnValue(start);
    // A step takes half a minute.
    const beforeStep = (done: number) => void clock.mockReturnValue(start + 30_000 * (done + 1));
    const { events } = await train(config({ eval_steps: 0 }), { name: 'clock', beforeStep }).finally(() =>
      vi.restoreAllMocks(),
    );
    const saved = events.flatMap((event) =>
      event.kind === 'checkpoint' ? `${event.checkpoint.kind} ${event.checkpoint.step}` : [],
    );
    expect(saved).toEqual(['last 4', 'last 8', 'best 12', 'last 12']);
  });

  it('hands on the best checkpoint where the config asks for it', async () => {
    const { adapterDirectory, adapterStep } = await train(config({ load_best_model_at_end: true }), { name: 'best' });
    expect(adapterStep).toBe(4);
    expect(adapterDirectory).toBe(savedCheckpoint(join(folder, 'best'), 'best'));
  });

  it('ends in one sentence when the loss is not a number, with the last checkpoint still whole', async () => {
    await train(config(), { name: 'nan', signal: 'pause', signalAt: 2 });
    const poisoned = config({ max_steps: 12 });
    const last = savedCheckpoint(join(folder, 'nan'));
    const events: EngineEvent[] = [];
    const [pixel = 0] = images.pixels;
    images.pixels[0] = Number.NaN;
    // Nothing is due any more: what is told of the last step is told since the training ends.
    vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    let failure: unknown;
    try {
      failure = await train(poisoned, { name: 'nan', resume: last, events }).catch((thrown: unknown) => thrown);
    } finally {
      // Other files train on these images in the same process.
      images.pixels[0] = pixel;
      vi.restoreAllMocks();
    }
    expect(failure).toMatchObject({ code: 'not_finite' });
    const [, failed] = /\(step (\d+) of 12, /.exec(String(failure)) ?? [];
    expect(Number(failed)).toBeGreaterThan(3);
    const told = events.findLast((event) => event.kind === 'progress');
    expect(told?.progress.done).toBe(Number(failed) - 1);
    expect((await readAdapter(last, base.description)).modules.size).toBe(6);
  });
});
