import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAdapter, writeAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { EvaluateTask } from '../../../src-main/engine/contract.ts';
import type { EngineEvent } from '../../../src-main/engine/events.ts';
import { runEvaluateTask } from '../../../src-main/engine/jobs/evaluate.ts';
import { runLogitsTask } from '../../../src-main/engine/jobs/logits.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { readSafetensors, writeSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { RandomStream } from '../../../src-shared/random.ts';
import { idxBytes } from '../data/make-data.ts';
import { floats, goldenPath, relativeDifference } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { testContext } from './test-context.ts';

let scratch: string;
let task: EvaluateTask;

beforeAll(async () => {
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-evaluate-'));
  const data = path.join(scratch, 'data');
  await mkdir(data);
  const random = RandomStream.seeded(1, 'study');
  for (const [split, count] of [
    ['train', 10],
    ['t10k', 130],
  ] as const) {
    const pixels = Array.from({ length: count * 28 * 28 }, () => random.integer(256));
    const labels = Array.from({ length: count }, (_, example) => example % 10);
    await writeFile(path.join(data, `${split}-images-idx3-ubyte`), idxBytes([count, 28, 28], pixels));
    await writeFile(path.join(data, `${split}-labels-idx1-ubyte`), idxBytes([count], labels));
  }
  task = {
    kind: 'evaluate',
    compute: testCompute,
    modelDirectory: goldenPath('vit-28', 'base'),
    dataset: { reader: 'idx', path: data, options: {} },
    settings: taskSettingsSchema.parse({}),
    eval_samples: 0,
    adapters: [],
  };
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

describe('evaluate', () => {
  const lora = goldenPath('vit-28', 'adapters', 'lora');

  it('scores base, adapter and ensemble, and says how far it is', async () => {
    const events: EngineEvent[] = [];
    const { result: base } = await runEvaluateTask(task, testContext(events));
    expect(base.examples).toBe(130);
    expect(base.confusion.flat().reduce((sum, count) => sum + count)).toBe(130);
    const last = events.findLast((event) => event.kind === 'progress');
    expect(last).toMatchObject({ progress: { done: 130, total: 130, unit: 'examples', etaSeconds: 0 } });
    const one = { directory: lora, weight: 1 };
    const { result: alone } = await runEvaluateTask({ ...task, adapters: [one] }, testContext(events));
    expect(Math.abs(alone.loss - base.loss)).toBeGreaterThan(1e-3);
    const { result: twice } = await runEvaluateTask({ ...task, adapters: [one, one] }, testContext(events));
    expect(twice.loss).toBeCloseTo(alone.loss, 9);
    expect(twice.confusion).toEqual(alone.confusion);
    const { result: weighted } = await runEvaluateTask(
      { ...task, adapters: [{ directory: lora, weight: 0.5 }] },
      testContext(events),
    );
    expect(Math.abs(weighted.loss - alone.loss)).toBeGreaterThan(1e-4);
  });

  it('limits the examples, warns of other labels, and can be cancelled', async () => {
    const description = await describeModel(task.modelDirectory);
    const named = path.join(scratch, 'named');
    const state = { ...(await readAdapter(lora, description)), labels: [...'abcdefghij'] };
    await writeAdapter(named, state, { description, baseModelName: 'golden/vit-28' });
    const events: EngineEvent[] = [];
    const adapters = [{ directory: named, weight: 1 }];
    const { result } = await runEvaluateTask({ ...task, adapters, eval_samples: 20 }, testContext(events));
    expect(result.examples).toBe(20);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'log', level: 'warning' }));
    await expect(runEvaluateTask(task, testContext([], 0))).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('logits', () => {
  it.each([null, 'lora'])('writes the golden outputs (adapter: %s)', async (adapter) => {
    const outputFile = path.join(scratch, `logits-${adapter}.safetensors`);
    await runLogitsTask(
      {
        kind: 'logits',
        compute: testCompute,
        modelDirectory: goldenPath('vit', 'base'),
        adapterDirectory: adapter === null ? null : goldenPath('vit', 'adapters', adapter),
        inputsFile: goldenPath('vit', 'inputs.safetensors'),
        outputFile,
      },
      testContext(),
    );
    const expectedFile =
      adapter === null
        ? goldenPath('vit', 'base-outputs.safetensors')
        : goldenPath('vit', 'adapters', adapter, 'expected.safetensors');
    const [actual, expected] = await Promise.all([outputFile, expectedFile].map(logitsOf));
    expect(relativeDifference(actual ?? [], expected ?? [])).toBeLessThan(1e-4);
  });

  it('names an input that is missing', async () => {
    const inputsFile = path.join(scratch, 'other.safetensors');
    await writeSafetensors(inputsFile, new Map([['pixels', { shape: [1], data: new Float32Array(1) }]]));
    const outputFile = path.join(scratch, 'none.safetensors');
    const modelDirectory = goldenPath('vit', 'base');
    await expect(
      runLogitsTask(
        { kind: 'logits', compute: testCompute, modelDirectory, adapterDirectory: null, inputsFile, outputFile },
        testContext(),
      ),
    ).rejects.toThrow('pixel_values');
  });
});

async function logitsOf(file: string): Promise<Float32Array> {
  const tensor = (await readSafetensors(file)).get('logits');
  return tensor ? floats(tensor) : new Float32Array(0);
}
