import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { stateTensors } from '../../../src-main/engine/adapters/passes/tidy-hidden-states.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadMaskedHead } from '../../../src-main/engine/models/encoder/masked-head.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { readSafetensors } from '../../../src-main/engine/tensors/safetensors.ts';
import { goldenPath, relativeDifference } from '../golden.ts';
import { testCompute } from '../test-compute.ts';

beforeAll(() => activateCompute(testCompute));

/** Golden values of transformers: see test/golden/make/make-masked-head-golden.py. */
it.each(['bert', 'roberta', 'deberta-v2', 'distilbert'])('gives the losses of transformers for %s', async (family) => {
  const directory = goldenPath('masked-head', family, 'base');
  const expected = await readSafetensors(goldenPath('masked-head', family, 'expected.safetensors'));
  const values = (name: string) => expected.get(name)?.data ?? new Float32Array(0);
  const before = tf.memory().numTensors;
  const base = await loadBaseModel(directory);
  expect(base.description.kind).toBe('embedding');
  const model = new AdaptedModel(base);
  const head = await loadMaskedHead(base, directory);
  if (head === null) throw new Error('no head');
  const ids = tf.tensor2d(Int32Array.from(values('input_ids')), [2, 10], 'int32');
  const states = model.states({ input_ids: ids });
  const losses = head.losses(states.hidden, Int32Array.from(values('places')), Int32Array.from(values('answers')));
  expect(losses.size).toBe(5);
  expect(relativeDifference(Float32Array.from(losses.dataSync()), Float32Array.from(values('losses')))).toBeLessThan(
    1e-4,
  );
  tf.dispose([losses, ids, ...stateTensors(states)]);
  head.dispose();
  base.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

it('finds none in a checkpoint with a classifier', async () => {
  const base = await loadBaseModel(goldenPath('bert', 'base'));
  expect(await loadMaskedHead(base, goldenPath('bert', 'base'))).toBeNull();
  base.dispose();
});
