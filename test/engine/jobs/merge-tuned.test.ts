import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { EngineEvent } from '../../../src-main/engine/events.ts';
import { runMergeTask } from '../../../src-main/engine/jobs/merge.ts';
import { runScoreTask } from '../../../src-main/engine/jobs/score.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { testCompute } from '../test-compute.ts';
import { labels, modelDirectory, randomAdapter, writeImages } from './random-adapters.ts';
import { testContext } from './test-context.ts';

let description: ModelDescription;
let scratch: string;
let directories: string[];
beforeAll(async () => {
  description = await describeModel(modelDirectory);
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-tuned-'));
  await writeImages(path.join(scratch, 'data'));
  await activateCompute(testCompute);
  directories = [
    await randomAdapter(path.join(scratch, 'first'), 1, labels),
    await randomAdapter(path.join(scratch, 'second'), 2, labels),
  ];
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const settings = taskSettingsSchema.parse({});
const source = () => ({ reader: 'idx', path: path.join(scratch, 'data'), options: {} });

function merge(method: string, parameters: ParameterValues, name = method, dataset: number | null = 0) {
  return runMergeTask(
    {
      kind: 'merge',
      compute: testCompute,
      modelDirectory,
      description,
      adapters: directories.map((directory) => ({ directory, weight: 1, step: null, dataset })),
      method,
      parameters,
      outputDirectory: path.join(scratch, name),
      datasets: [{ ...source(), settings }],
      eval_samples: 40,
      tuning_samples: 10,
      placebos: [],
    },
    testContext(),
  );
}

/** The scores in the search's sentence: of what was found, and of the given merge, on the tuning examples. */
function tuningScores(notes: readonly string[]): { found: number; given: number } {
  const [, found, given] = /training split: ([-\d.]+), of the given merge ([-\d.]+)/.exec(notes.join(' ')) ?? [];
  return { found: Number(found), given: Number(given) };
}

describe('a search by CMA-ES', () => {
  test('weights score at least as well as the given ones on the tuning examples, reproducibly', async () => {
    const search = { normalize: false, search: 'weights', search_evaluations: 12 };
    const one = await merge('weight-average', search);
    const { found, given } = tuningScores(one.notes);
    expect(found).toBeGreaterThanOrEqual(given);
    expect(one.notes[0]).toContain('12 merges (seed 0)');
    expect(one.weights).toHaveLength(2);
    expect(one.scores[0]?.[2]).toBeTypeOf('number');
    const again = await merge('weight-average', search, 'again');
    expect({ weights: again.weights, notes: again.notes }).toEqual({ weights: one.weights, notes: one.notes });
    const plain = await merge('weight-average', { normalize: false }, 'plain');
    expect({ weights: plain.weights, notes: plain.notes }).toEqual({ weights: [1, 1], notes: [] });
  });

  test('weights by layer have a list for each adapter', async () => {
    const { weights } = await merge('linear', { search: 'layer-weights', search_evaluations: 5 });
    for (const weight of weights) expect(weight).toHaveLength(description.layerCount);
  });

  test('modules that it excludes are left out of the folder', async () => {
    const { notes } = await merge('cat', { search: 'modules', search_evaluations: 12, search_seed: 3 });
    const merged = await readAdapter(path.join(scratch, 'cat'), description);
    const first = await readAdapter(directories[0] ?? '', description);
    const [, count = '0'] = /(\d+) modules left out/.exec(notes.join(' ')) ?? [];
    const leftOut = [...first.modules.keys()].filter((name) => !merged.modules.has(name));
    expect(leftOut).toHaveLength(Number(count));
    for (const name of leftOut) expect(notes.join(' ')).toContain(name);
    expect(tuningScores(notes).found).toBeGreaterThanOrEqual(tuningScores(notes).given);
  });

  test('refuses adapters whose dataset is not known, with the way out', async () => {
    await expect(merge('cat', { search: 'weights' }, 'unknown', null)).rejects.toMatchObject({
      code: 'refused',
      hint: 'Search among adapters that were trained here, or set search to none.',
    });
  });

  test('runs in a study too: the score is of the merge with the weights that it found', async () => {
    const parameters = { normalize: false, search: 'weights', search_evaluations: 12 };
    const inputs = ['first', 'second'].map((adapterId) => ({
      subject: { kind: 'adapter' as const, adapter: { adapterId } },
      weight: 1,
    }));
    const events: EngineEvent[] = [];
    const score = (method: string, given: ParameterValues) =>
      runScoreTask(
        {
          kind: 'score',
          compute: testCompute,
          modelDirectory,
          datasets: [{ id: 'data', source: source(), settings, eval_samples: 40 }],
          adapters: [
            { adapterId: 'first', directory: directories[0] ?? '' },
            { adapterId: 'second', directory: directories[1] ?? '' },
          ],
          subjects: [
            {
              key: method,
              title: method,
              names: [],
              dataset: 0,
              subject: { kind: 'merge', method, parameters: given, inputs },
            },
          ],
        },
        testContext(events),
      );
    await score('weight-average', parameters);
    await score('adamerging', { max_steps: 2 });
    const scores = events.flatMap((event) => (event.kind === 'score' ? [event.score.accuracy] : []));
    expect(scores).toHaveLength(2);
    // A study takes 64 tuning examples: all ten that there are, as the merge above.
    expect(scores[0]).toBe((await merge('weight-average', parameters, 'studied')).scores[0]?.[2]);
  });
});

describe('a method with data', () => {
  test.each([
    ['adamerging', { max_steps: 3, lr: 0.01 }, /Coefficients from/],
    ['ziplora', { max_train_steps: 3 }, /Loss of the coefficients/],
    ['lorahub', { max_inference_step: 6 }, /Weights found/],
    ['regmean', {}, null],
  ] as const)('%s merges on a real model', async (method, parameters, note) => {
    const { notes, scores } = await merge(method, parameters);
    const merged = await readAdapter(path.join(scratch, method), description);
    expect(merged.modules.size).toBe((await readAdapter(directories[0] ?? '', description)).modules.size);
    expect(scores[0]?.[2]).toBeTypeOf('number');
    if (note) expect(notes.join(' ')).toMatch(note);
  });
});
