import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { AdapterEvaluator } from '../../../src-main/engine/evaluation/adapter-evaluator.ts';
import { EvaluationProgress } from '../../../src-main/engine/evaluation/evaluation-progress.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { keepLayers } from '../../../src-main/engine/prune/prune-method.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { labels, modelDirectory, randomAdapter, writeImages } from '../jobs/random-adapters.ts';
import { testCompute } from '../test-compute.ts';

let scratch: string;
beforeAll(async () => {
  await activateCompute(testCompute);
  scratch = await mkdtemp(path.join(tmpdir(), 'coto-evaluator-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

it('gives prunings of an adapter the very outputs that they have alone, and frees all', async () => {
  const images = path.join(scratch, 'images');
  await writeImages(images);
  const base = await loadBaseModel(modelDirectory);
  const context = { emit: () => undefined, signal: async () => null };
  const states = [];
  for (const seed of [1, 2])
    states.push(await readAdapter(await randomAdapter(path.join(scratch, `${seed}`), seed, labels), base.description));
  const before = tf.memory().numTensors;
  const source = { reader: 'idx', path: images, options: {} };
  const request = { modelDirectory, source, settings: taskSettingsSchema.parse({}), samples: 0 };
  const evaluator = await AdapterEvaluator.open(base, request, context);
  const subjects = states.flatMap((whole) => [
    whole,
    ...[[1], [], [0]].map((kept) =>
      kept.length === 0 ? { ...whole, modules: new Map() } : keepLayers(whole, base.description, kept).state,
    ),
  ]);
  const progress = new EvaluationProgress(
    context,
    subjects.map(() => evaluator.examples),
  );
  const indices = Int32Array.from({ length: evaluator.examples }, (_, index) => index);
  const plain = new AdaptedModel(base);
  for (const subject of subjects) {
    plain.loadState(subject);
    const alone = await evaluator.outputsOf(plain, indices, context);
    expect(await evaluator.outputs(subject, progress, context)).toEqual(alone);
  }
  plain.dispose();
  evaluator.close();
  expect(tf.memory().numTensors).toBe(before);
  base.dispose();
});
