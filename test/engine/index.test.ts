import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import * as engine from '../../src-main/engine/index.ts';

const {
  classify,
  convertToLora,
  declarations,
  evaluate,
  generate,
  merge,
  mergeIntoBase,
  openDataset,
  openModel,
  prune,
  readAdapter,
  runJob,
  train,
  writeAdapter,
} = engine;

const assets = join(import.meta.dirname, '../../assets');
const model = await openModel(join(assets, 'models/quickdraw-vit'));
const dataset = join(assets, 'data/font-letters');
const folder = mkdtempSync(join(tmpdir(), 'coto-face-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const compute = { compute: 'wasm' } as const;
const quick = { max_steps: 4, eval_samples: 26, per_device_train_batch_size: 4, adapter: { r: 2 } };
const trained = await train(
  { model, dataset, output: join(folder, 'trained'), config: { ...quick, coto: {}, seed: 3 } },
  compute,
);
const adapter = trained.adapter ?? '';

test('has at most 30 exports', () => {
  expect(Object.keys(engine).length).toBeLessThanOrEqual(30);
});

test.each(['index', 'requests', 'calls', 'declarations'])('documents every export of %s.ts', (name) => {
  const text = readFileSync(join(import.meta.dirname, `../../src-main/engine/${name}.ts`), 'utf8');
  const exported = [
    ...text.matchAll(/^(.*)\nexport (?:async function|function|interface|type|const) (\w+)\b(?! from)/gm),
  ];
  expect(exported.length).toBeGreaterThan(0);
  expect(exported.filter(([, before = '']) => !before.endsWith('*/')).map(([, , word]) => word)).toEqual([]);
});

test('lists every declaration with an id of its own', () => {
  for (const [name, list] of Object.entries(declarations)) {
    const ids = [list].flat().map(({ id }) => id);
    expect(ids.length, name).toBeGreaterThan(0);
    expect(new Set(ids).size, name).toBe(ids.length);
  }
});

test('opens a model and a dataset', async () => {
  expect(model.description).toMatchObject({ family: 'vit', layerCount: 12, hiddenSize: 128 });
  const { reader, description } = await openDataset(dataset);
  expect(reader).toBe('idx');
  expect(description.labels).toHaveLength(26);
  expect(description.splits.map(({ exampleCount }) => exampleCount)).toEqual([4160, 2002]);
});

test('reads a text file with the options of its reader', async () => {
  const file = join(folder, 'reviews.csv');
  writeFileSync(file, 'review,stars,split\ngood,5,train\nbad,1,train\nfine,4,test\n');
  const { description } = await openDataset(file, { text: 'review', label: 'stars' });
  expect(description.text?.columns).toMatchObject({ text: 'review', label: 'stars' });
  expect(description.text?.rowCount).toBe(3);
});

test('trains an adapter with the CoTo schedule', () => {
  expect(trained).toMatchObject({ outcome: 'completed', result: { steps: 4 } });
  expect(trained.checkpoint).toBe(adapter);
  const coto: unknown = JSON.parse(readFileSync(join(adapter, 'coto_config.json'), 'utf8'));
  expect(coto).toMatchObject({ coto: { schedule: 'coto', initial_p: 0.1 } });
});

test('names a setting that is not valid', async () => {
  const config = { max_steps: -1 };
  await expect(train({ model, dataset, output: join(folder, 'never'), config }, compute)).rejects.toMatchObject({
    name: 'StudioError',
    code: 'invalid_input',
    message: expect.stringContaining('max_steps'),
  });
  expect(existsSync(join(folder, 'never'))).toBe(false);
});

test('resumes a paused training with the same result bit for bit', async () => {
  const output = join(folder, 'paused');
  const request = { model, dataset, output, config: { ...quick, coto: {}, seed: 3 } };
  const controller = new AbortController();
  const paused = await train(request, {
    ...compute,
    signal: controller.signal,
    onEvent: (event) => event.kind === 'metrics' && controller.abort('pause'),
  });
  expect(paused).toMatchObject({ outcome: 'paused', adapter: null, result: null });
  const resumed = await train({ ...request, resumeFrom: paused.checkpoint ?? '' }, compute);
  expect(resumed.outcome).toBe('completed');
  const tensors = (directory: string) => readFileSync(join(directory, 'adapter_model.safetensors'));
  expect(tensors(resumed.adapter ?? '').equals(tensors(adapter))).toBe(true);
});

test('stops a training early with an adapter', async () => {
  const controller = new AbortController();
  const config = { ...quick, max_steps: 1000 };
  const stopped = await train(
    { model, dataset, output: join(folder, 'stopped'), config },
    { ...compute, signal: controller.signal, onEvent: ({ kind }) => kind === 'metrics' && controller.abort('stop') },
  );
  expect(stopped.outcome).toBe('stopped');
  expect(stopped.result?.steps).toBeLessThan(1000);
  expect(existsSync(join(stopped.adapter ?? '', 'adapter_model.safetensors'))).toBe(true);
});

test('rejects a training that is cancelled', async () => {
  const request = { model, dataset, output: join(folder, 'cancelled'), config: quick };
  await expect(train(request, { ...compute, signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'cancelled',
  });
});

test('merges an adapter with itself to itself, and scores it on each dataset', async () => {
  const { adapter: merged, scores } = await merge(
    {
      model,
      adapters: [adapter, { directory: adapter, weight: 0.5 }],
      method: 'weight-average',
      output: join(folder, 'merged'),
      datasets: [dataset],
      samples: 26,
    },
    compute,
  );
  const [score] = scores;
  const [first, second] = score?.adapters ?? [];
  expect(second).toBe(first);
  expect(score?.merged).toBe(first);
  const { accuracy, examples } = await evaluate({ model, dataset, adapters: [merged ?? ''], samples: 26 }, compute);
  expect(examples).toBe(26);
  expect(accuracy).toBe(first);
});

test('runs calls one after another', async () => {
  const order: string[] = [];
  const request = { model, dataset, adapters: [adapter], samples: 26 };
  const call = (name: string) =>
    evaluate(request, { ...compute, onEvent: () => order.at(-1) !== name && order.push(name) });
  const [one, other] = await Promise.all([call('first'), call('second')]);
  // Opening the dataset decides which comes first.
  expect(order.toSorted()).toEqual(['first', 'second']);
  expect(other.loss).toBe(one.loss);
});

test('goes on after a call that failed', async () => {
  await expect(evaluate({ model, dataset, adapters: [join(folder, 'none')] }, compute)).rejects.toThrow('none');
  expect((await evaluate({ model, dataset, adapters: [adapter], samples: 26 }, compute)).examples).toBe(26);
});

test('writes an adapter as it was read', async () => {
  const read = await readAdapter(adapter, model);
  expect(read).toMatchObject({ variant: 'lora', parameters: { r: 2 } });
  const [name, module] = [...read.modules][0] ?? [];
  const linear = model.description.linears.find((one) => one.name === name);
  expect(module?.tensors.get('a')?.shape).toEqual([2, linear?.inFeatures]);
  expect(module?.tensors.get('b')?.shape).toEqual([linear?.outFeatures, 2]);
  const copy = join(folder, 'copy');
  await writeAdapter(copy, read, model);
  for (const file of ['adapter_model.safetensors', 'adapter_config.json', 'coto_config.json'])
    expect(readFileSync(join(copy, file), 'utf8')).toBe(readFileSync(join(adapter, file), 'utf8'));
});

test('prunes an adapter to the requested share', async () => {
  const output = join(folder, 'pruned');
  const { kept, total } = await prune({ model, adapter, method: 'magnitude', parameters: { sparsity: 0.75 }, output });
  expect(kept / total).toBeCloseTo(0.25, 2);
  expect((await readAdapter(output, model)).modules.size).toBe((await readAdapter(adapter, model)).modules.size);
});

test('converts to LoRA, and merges into the base, with the outputs of the adapter', async () => {
  const output = join(folder, 'lora');
  const report = await convertToLora({ model, adapter, output });
  expect(report.error).toBeLessThan(1e-5);
  const whole = await mergeIntoBase({ model, adapter, output: join(folder, 'whole') }, compute);
  expect(whole.description.labels).toHaveLength(26);
  const own = await evaluate({ model, dataset, adapters: [adapter], samples: 26 }, compute);
  const ofLora = await evaluate({ model, dataset, adapters: [output], samples: 26 }, compute);
  const ofWhole = await evaluate({ model: whole, dataset, samples: 26 }, compute);
  expect(ofLora.loss).toBeCloseTo(own.loss, 5);
  expect(ofWhole.loss).toBeCloseTo(own.loss, 5);
});

test('generates the same text for a seed, and reports it as it comes', async () => {
  const request = { model: join(assets, 'models/small-llama'), prompt: 'The people', maxNewTokens: 8, seed: 5 };
  let told = '';
  const { text, newTokens } = await generate(request, {
    ...compute,
    onEvent: (event) => {
      if (event.kind === 'text') for (const piece of event.pieces) told += piece.text;
    },
  });
  expect(newTokens).toBeLessThanOrEqual(8);
  expect(told).toBe(text);
  expect((await generate(request, compute)).text).toBe(text);
});

test('classifies an image with the classes of the adapter', async () => {
  const image = join(assets, 'icons/32x32.png');
  const classes = await classify({ model, adapter, image, top: 26 }, compute);
  expect(classes.map(({ label }) => label).sort()).toEqual([...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']);
  expect(classes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
});

test('checks a job against the contract', async () => {
  await expect(
    // @ts-expect-error: the job lacks its inputs
    runJob({ kind: 'logits', modelDirectory: model.directory, adapterDirectory: null }),
  ).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('inputsFile') });
});
