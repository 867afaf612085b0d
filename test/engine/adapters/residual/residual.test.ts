import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initializations } from '../../../../src-main/engine/adapters/initializations/index.ts';
import type { Factors } from '../../../../src-main/engine/adapters/initializations/initialization.ts';
import { AdaptedModel } from '../../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter, writeAdapter } from '../../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { fromResidualForm, toResidualForm } from '../../../../src-main/engine/adapters/residual/convert-residual.ts';
import { joinFactors, splitFactors } from '../../../../src-main/engine/adapters/residual/residual-factors.ts';
import type { AdapterState } from '../../../../src-main/engine/adapters/variant/state.ts';
import { adapterVariants } from '../../../../src-main/engine/adapters/variants/index.ts';
import { activateCompute } from '../../../../src-main/engine/compute/index.ts';
import type { LabelLoss, MicroBatch } from '../../../../src-main/engine/losses/batch-loss.ts';
import { BaseWeights } from '../../../../src-main/engine/merge/run/base-weights.ts';
import type { BaseModel } from '../../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../../src-main/engine/models/load-model.ts';
import type { HostTensor } from '../../../../src-main/engine/tensors/host-tensor.ts';
import { readSafetensors } from '../../../../src-main/engine/tensors/safetensors.ts';
import { RunCalibration } from '../../../../src-main/engine/training/calibration.ts';
import { lossGradients } from '../../../../src-main/engine/training/loss-gradients.ts';
import { adapterSettingsSchema } from '../../../../src-shared/domain/adapters/adapter.ts';
import { RandomStream } from '../../../../src-shared/random.ts';
import { tokenBatch } from '../../batches.ts';
import { attendedValues, floats, goldenPath, relativeDifference, tensorsOf } from '../../golden.ts';
import { change, factorsOf, moduleOf } from '../../merge/states.ts';
import { testCompute } from '../../test-compute.ts';

const scratch = mkdtempSync(join(tmpdir(), 'coto-residual-'));
const silent = { emit: () => undefined, signal: async () => null };
beforeAll(() => activateCompute(testCompute));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A family's base with its golden inputs. */
async function load(family: string) {
  const base = await loadBaseModel(goldenPath(family, 'base'));
  const inputs = await readSafetensors(goldenPath(family, 'inputs.safetensors'));
  return { base, model: new AdaptedModel(base), inputs };
}
type Loaded = Awaited<ReturnType<typeof load>>;

function outputs({ model, inputs }: Loaded): Float32Array {
  const given = tensorsOf(inputs);
  const named = model.outputs(given);
  const [first] = Object.values(named);
  const values = Float32Array.from(first?.dataSync() ?? []);
  tf.dispose([given, named]);
  return values;
}

/** The inputs as a batch whose labels are the tokens themselves. */
function batchOf(inputs: ReadonlyMap<string, HostTensor>): MicroBatch<LabelLoss> {
  const ids = inputs.get('input_ids');
  if (ids === undefined) throw new Error('no tokens');
  const { shape, data } = ids;
  return tokenBatch({ input_ids: { shape, data: Int32Array.from(data) } }, Int32Array.from(data));
}

async function start({ base, model, inputs }: Loaded, init: string, variant: string, targets: string[], r = 4) {
  const source = {
    examples: Int32Array.of(0, 1),
    batchSize: 1,
    seed: 1,
    loadBatch: async () => batchOf(inputs),
  };
  const parameters = { r, lora_alpha: 6, init_lora_weights: init, calibration_examples: 2 };
  await model.createAdapter(adapterSettingsSchema.parse({ variant, target_modules: targets, parameters }), {
    random: RandomStream.seeded(1, 'initialization'),
    labels: null,
    calibration: new RunCalibration(base, source, silent, 20_000),
  });
}

/** The adapter as it is after some training, on what the base lost. */
async function disturb(
  model: AdaptedModel,
): Promise<{ state: AdapterState; subtracted: ReadonlyMap<string, Factors> | null }> {
  const state = await model.exportState();
  const { subtracted } = model;
  const random = RandomStream.seeded(2, 'study');
  for (const { tensors } of state.modules.values())
    for (const { data } of tensors.values())
      for (const at of data.keys()) data[at] = (data[at] ?? 0) + 0.05 * random.normal();
  await model.loadOnResidual(state, subtracted);
  return { state, subtracted };
}

const families = [
  { family: 'llama', targets: ['q_proj', 'down_proj'] },
  { family: 'gpt2', targets: ['c_attn', 'mlp.c_proj'] },
];
const variants = adapterVariants.filter(({ residual }) => residual !== undefined);

describe.each(families)('on $family', ({ family, targets }) => {
  let loaded: Loaded;
  let plain: Float32Array;
  beforeAll(async () => {
    loaded = await load(family);
    plain = outputs(loaded);
  });
  afterAll(() => {
    loaded.model.dispose();
    loaded.base.dispose();
  });

  const cases = initializations.flatMap(({ declaration }) =>
    variants.map((variant) => ({ init: declaration.id, variant: variant.declaration.id })),
  );

  it.each(cases)('$init starts $variant as the base, and leaves the base when it is off', async ({ init, variant }) => {
    const { model } = loaded;
    await start(loaded, init, variant, targets);
    expect(relativeDifference(outputs(loaded), plain)).toBeLessThan(2e-5);
    await disturb(model);
    expect(relativeDifference(outputs(loaded), plain)).toBeGreaterThan(1e-3);
    const groups = model.groups('layer');
    model.setActive(groups, new Uint8Array(groups.length));
    expect(outputs(loaded)).toEqual(plain);
    model.setActive(groups, null);
    const adapted = outputs(loaded);
    await model.mergeIntoBase();
    expect(relativeDifference(outputs(loaded), adapted)).toBeLessThan(1e-4);
    const before = tf.memory().numTensors;
    model.unmerge();
    model.clear();
    expect(outputs(loaded)).toEqual(plain);
    expect(tf.memory().numTensors).toBeLessThan(before);
  });

  const residual = initializations.filter((one) => one.residual).map(({ declaration }) => declaration.id);
  it.each(residual.flatMap((init) => ['lora', 'rslora', 'dora'].map((variant) => ({ init, variant }))))(
    '$init of $variant is the same function as a plain adapter of twice the rank, written and read too',
    async ({ init, variant }) => {
      const { model, base } = loaded;
      await start(loaded, init, variant, targets);
      const { state, subtracted } = await disturb(model);
      if (subtracted === null) throw new Error('nothing was taken out');
      const trained = outputs(loaded);
      const folder = join(scratch, `${family} ${init} ${variant}`);
      await writeAdapter(folder, joinFactors(state, subtracted), {
        description: base.description,
        baseModelName: family,
      });
      const read = await readAdapter(folder, base.description);
      expect(read.parameters).toMatchObject({ r: 8, init_lora_weights: 'kaiming' });
      model.loadState(read);
      expect(relativeDifference(outputs(loaded), trained)).toBeLessThan(2e-5);
      const strengthOf = (name: string) => state.modules.get(name) ?? { rank: null, scaling: Number.NaN };
      const split = splitFactors({ ...read, ...model.described }, strengthOf);
      expect(new Map(split.trained.modules)).toEqual(new Map(state.modules));
      expect([...split.subtracted]).toEqual([...subtracted].map(([name, { a, b }]) => [name, { a, b }]));

      if (init === 'milora') return;
      // PEFT's own form says how the adapter started; its base is recomputed, or what was subtracted from it lies beside the adapter.
      await writeAdapter(folder, state, { description: base.description, baseModelName: family });
      const weights = new BaseWeights({ description: base.description, directory: goldenPath(family, 'base') });
      const conversion = { description: base.description, weight: (name: string) => weights.read(name) };
      const own = await readAdapter(folder, base.description, true);
      const starts = [...state.modules].map(([name, module]) => {
        const factors = new Map<string, HostTensor>(Object.entries(subtracted.get(name) ?? {}));
        return [name, { ...module, tensors: new Map([...module.tensors, ...factors]) }] as const;
      });
      const kept = await fromResidualForm(own, conversion, { ...state, modules: new Map(starts) });
      expect(kept.modules).toEqual(read.modules);
      const isRebuilt = init === 'pissa' || (init === 'olora' && family !== 'gpt2');
      if (isRebuilt) {
        model.loadState(await fromResidualForm(own, conversion));
        expect(relativeDifference(outputs(loaded), trained)).toBeLessThan(5e-5);
      } else await expect(fromResidualForm(own, conversion)).rejects.toThrow(/cannot be recomputed|mixes up its axes/);
      await weights.close();
    },
  );

  it('gives the factors the gradients that they have in the plain adapter', async () => {
    const { model, inputs } = loaded;
    await start(loaded, 'pissa', 'lora', targets);
    const { state, subtracted } = await disturb(model);
    if (subtracted === null) throw new Error('nothing was taken out');
    const batch = batchOf(inputs);
    const gradients = (given: AdaptedModel) =>
      tf.tidy(() => {
        const variables = [...given.trainable().values()];
        const made = lossGradients(given, tensorsOf(new Map(Object.entries(batch.inputs))), variables, (states) =>
          given.loss(states, tf.tensor1d(batch.loss.labels, 'int32')),
        );
        return [...given.trainable()].map(([name, variable]) => {
          const gradient = made.gradients.get(variable.name);
          return { name, shape: gradient?.shape ?? [], data: Float32Array.from(gradient?.dataSync() ?? []) };
        });
      });
    const own = gradients(model);
    model.loadState(joinFactors(state, subtracted));
    for (const [index, { name, shape, data }] of gradients(model).entries()) {
      const [rows = 0, columns = 0] = shape;
      const isA = name.includes('lora_A');
      const half = Array.from(data).filter((_, at) =>
        isA ? Math.floor(at / columns) < rows / 2 : at % columns < columns / 2,
      );
      expect(relativeDifference(own[index]?.data ?? [], half), name).toBeLessThan(1e-4);
    }
  });
});

const goldenCases = ['llama', 'bert'].flatMap((family) => ['pissa', 'olora'].map((name) => ({ family, name })));
describe.each(goldenCases)("PEFT's $name on $family", ({ family, name }) => {
  const folder = goldenPath(family, 'adapters', name);
  let base: BaseModel;
  let weights: BaseWeights;
  beforeAll(async () => {
    base = await loadBaseModel(goldenPath(family, 'base'));
    weights = new BaseWeights({ description: base.description, directory: goldenPath(family, 'base') });
  });
  afterAll(async () => {
    base.dispose();
    await weights.close();
  });
  const conversionBase = () => ({ description: base.description, weight: (module: string) => weights.read(module) });
  const read = (...parts: string[]) => readAdapter(join(folder, ...parts), base.description, true);

  it('is refused where nobody rebuilds its base', async () => {
    await expect(readAdapter(folder, base.description)).rejects.toMatchObject({
      message: expect.stringContaining('residual base'),
      hint: expect.stringContaining('Import it'),
    });
  });

  it("gives PEFT's outputs as plain LoRA, and the product of PEFT's conversion", async () => {
    const plain = await fromResidualForm(await read(), conversionBase());
    const converted = await readAdapter(join(folder, 'converted'), base.description);
    for (const [module, own] of converted.modules) {
      const made = plain.modules.get(module);
      expect(made?.rank).toBe(own.rank);
      expect(relativeDifference(change(made), change(own)), module).toBeLessThan(1e-5);
    }
    const model = new AdaptedModel(base);
    model.loadState(plain);
    const inputs = await readSafetensors(goldenPath(family, 'inputs.safetensors'));
    const given = tensorsOf(inputs);
    const named = model.outputs(given);
    for (const [output, expected] of await readSafetensors(join(folder, 'expected.safetensors')))
      expect(
        relativeDifference(...attendedValues(named[output]?.dataSync() ?? [], expected, inputs.get('attention_mask'))),
      ).toBeLessThan(1e-4);
    tf.dispose([given, named]);
    model.dispose();
  });

  it("starts from PEFT's factors, and leaves PEFT's residual", async () => {
    const model = new AdaptedModel(base);
    const { parameters, config } = await read();
    const targets = config.target_modules;
    await model.createAdapter(adapterSettingsSchema.parse({ target_modules: targets, parameters }), {
      random: RandomStream.seeded(1, 'initialization'),
      labels: null,
    });
    const start = await model.exportState();
    for (const [module, own] of (await read('init')).modules)
      expect(relativeDifference(change(start.modules.get(module)), change(own)), module).toBeLessThan(1e-5);
    const residual = await readSafetensors(join(folder, 'residual.safetensors'));
    const { subtracted } = model;
    if (subtracted === null) throw new Error('nothing was taken out');
    for (const [module, { a, b }] of subtracted) {
      const linear = base.description.linears.find((one) => one.name === module);
      const left = residual.get(`${module}.weight`) ?? residual.get(`${linear?.checkpointKey}.weight`);
      if (left === undefined) throw new Error(`no residual of ${module}`);
      const weight = await weights.read(module);
      const taken = change(moduleOf(a, b, start.modules.get(module)?.scaling));
      const ours = Array.from(weight.data, (value, at) => value - (taken[at] ?? 0));
      expect(relativeDifference(ours, floats(left)), module).toBeLessThan(1e-5);
    }
    model.dispose();
  });

  it("joins to PEFT's conversion bit for bit, and splits back", async () => {
    const [trained, init, converted] = await Promise.all([read(), read('init'), read('converted')]);
    const starts = new Map([...init.modules].map(([module, own]) => [module, factorsOf(own)]));
    const out = join(scratch, `${family} ${name} joined`);
    const details = { description: base.description, baseModelName: `golden/${family}` };
    await writeAdapter(out, joinFactors(trained, starts), details);
    const written = await readSafetensors(join(out, 'adapter_model.safetensors'));
    const expected = await readSafetensors(join(folder, 'converted', 'adapter_model.safetensors'));
    expect([...written.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [key, tensor] of expected) expect(written.get(key)).toEqual(tensor);
    expect(configOf(out)).toMatchObject({ r: 8, lora_alpha: 16, init_lora_weights: true });
    const back = await toResidualForm(converted, { init_lora_weights: name }, conversionBase());
    expect(new Map(back.trained.modules)).toEqual(new Map(trained.modules));
    const residual = join(scratch, `${family} ${name} residual`);
    await writeAdapter(residual, back.trained, details);
    expect(configOf(residual)).toMatchObject({ r: 4, lora_alpha: 8, init_lora_weights: name });
  });

  it('is not made of an adapter that started otherwise', async () => {
    const other = name === 'pissa' ? 'olora' : 'pissa';
    const converted = await read('converted');
    await expect(toResidualForm(converted, { init_lora_weights: other }, conversionBase())).rejects.toThrow(
      /did not start with .* on this base, or was changed since/,
    );
    await expect(toResidualForm(converted, { init_lora_weights: 'milora' }, conversionBase())).rejects.toThrow(
      /PEFT cannot recompute the residual base of MiLoRA/,
    );
  });
});

function configOf(folder: string): unknown {
  return JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8'));
}
