import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { RunSampler } from '../../../src-main/engine/evaluation/run-sampler.ts';
import type { EngineEvent } from '../../../src-main/engine/events.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { predictionsOf, sampleAnswers, type TaskPredictions } from '../../../src-main/engine/outcomes/index.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { isSampled } from '../../../src-shared/domain/runs/run-samples.ts';
import { jsonlFolder, openOn } from '../tasks/text-task.ts';
import { testCompute } from '../test-compute.ts';

const modelDirectory = fileURLToPath(new URL('../../../assets/models/small-llama', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'coto-samples-'));
let model: AdaptedModel;
beforeAll(async () => {
  await activateCompute(testCompute);
  model = new AdaptedModel(await loadBaseModel(modelDirectory));
});
afterAll(() => {
  model.dispose();
  model.base.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const nothing: TaskPredictions = {
  kind: 'tokens',
  lossSums: new Float64Array(0),
  tokens: new Uint32Array(0),
  right: new Uint32Array(0),
  ends: new Uint32Array(0),
  endLossSums: new Float64Array(0),
  completions: true,
};

/** The events of two evaluations of the model. */
async function sampled(row: (at: number) => object, settings: object, directory = modelDirectory) {
  const rows = Array.from({ length: 4 }, (_, at) => row(at));
  const data = jsonlFolder(mkdtempSync(join(folder, 'data-')), rows, rows);
  const opened = await openOn(directory, model.base.description, data, { max_length: 64 });
  const events: EngineEvent[] = [];
  const config = runConfigSchema.parse({ sample_count: 2, sample_tokens: 4, ...settings });
  const sampler = new RunSampler(config, opened, Int32Array.of(0, 1, 2), mkdtempSync(join(folder, 'run-')));
  const context = { emit: (event: EngineEvent) => void events.push(event), signal: async () => null };
  for (const step of [0, 10]) await sampler.take(step, model, nothing, context);
  opened.close();
  return events;
}

test('a language model goes on from the first test examples, the same at every evaluation', async () => {
  const [first, second] = await sampled((at) => ({ prompt: `word ${at}`, completion: `${at} word` }), {});
  if (first?.kind !== 'samples' || second?.kind !== 'samples') throw new Error('no samples');
  expect(first.inputs).toHaveLength(2);
  for (const input of first.inputs ?? []) {
    if (input.kind !== 'prompt') throw new Error(input.kind);
    const number = /user\nword (\d+)/.exec(input.text)?.[1];
    expect(input.text).toMatch(/assistant\n$/);
    expect(input.reference).toMatch(new RegExp(`^${number} word`));
  }
  expect(second.inputs).toBe(null);
  expect([first.sampled.step, second.sampled.step]).toEqual([0, 10]);
  expect(first.sampled.answers.every(({ text }) => text.length > 0)).toBe(true);
  expect(second.sampled.answers).toEqual(first.sampled.answers);
});

test('typed prompts take the place of the examples, in their form', async () => {
  const settings = { sample_count: 0, sample_prompts: ['The sea', 'One, two, three, four'] };
  const [plain] = await sampled((at) => ({ text: `The whale ${at} rose from the water.` }), settings);
  const [asked] = await sampled((at) => ({ prompt: `word ${at}`, completion: 'yes' }), settings);
  if (plain?.kind !== 'samples' || asked?.kind !== 'samples') throw new Error('no samples');
  expect(plain.inputs).toEqual([
    { kind: 'prompt', text: 'The sea', reference: null },
    { kind: 'prompt', text: 'One, two, three, four', reference: null },
  ]);
  expect(asked.inputs).toEqual(plain.inputs);
  // Questions of a chat are answered, not continued.
  expect(asked.sampled.answers[0]?.text).not.toBe(plain.sampled.answers[0]?.text);
});

test('samples that cannot be taken are said to be missing, once, and cost no run', async () => {
  const broken = join(folder, 'broken');
  cpSync(modelDirectory, broken, { recursive: true });
  writeFileSync(join(broken, 'generation_config.json'), '{"eos_token_id": "none"}');
  const events = await sampled(() => ({ text: 'The whale rose.' }), {}, broken);
  expect(events).toEqual([
    {
      kind: 'log',
      level: 'warning',
      text: expect.stringMatching(/^No samples of this run are kept: .*generation_config\.json: eos_token_id/),
    },
  ]);
});

test('classes, sets of labels and numbers are answers of an evaluation', async () => {
  const name = (_: number, output: number) => ['cat', 'dog', 'cow'][output] ?? '';
  const logits = Float32Array.of(0, Math.log(2), Math.log(5), Math.log(6), 0, 0);
  const classes = await predictionsOf({ kind: 'classes', logits, labels: Int32Array.of(2, 1), classCount: 3 });
  expect(sampleAnswers(classes, 2, name)).toEqual([
    { text: 'cow', probability: expect.closeTo(5 / 8), isRight: true },
    { text: 'cat', probability: expect.closeTo(6 / 8), isRight: false },
  ]);
  const sets = { logits: Float32Array.of(1, -1, 2, -1, -1, -1), targets: Float32Array.of(1, 0, 1, 0, 1, 0), width: 3 };
  expect(sampleAnswers(await predictionsOf({ kind: 'label-sets', ...sets }), 2, name)).toEqual([
    { text: 'cat, cow', probability: null, isRight: true },
    { text: 'no label', probability: null, isRight: false },
  ]);
  const numbers = { predictions: Float32Array.of(1.23456), targets: Float32Array.of(1) };
  expect(sampleAnswers(await predictionsOf({ kind: 'numbers', ...numbers }), 1, name)).toEqual([
    { text: '1.23', probability: null, isRight: null },
  ]);
});

test('runs are sampled where they are evaluated on the way, or prompts were typed', () => {
  const sampledWith = (settings: object) => isSampled(runConfigSchema.parse(settings));
  expect(sampledWith({})).toBe(false);
  expect(sampledWith({ eval_steps: 5 })).toBe(true);
  expect(sampledWith({ eval_on_start: true })).toBe(true);
  expect(sampledWith({ eval_steps: 5, sample_count: 0 })).toBe(false);
  expect(sampledWith({ sample_prompts: ['A'] })).toBe(true);
});
