import * as tf from '@tensorflow/tfjs-core';
import { afterAll, expect, it, vi } from 'vitest';

/** Compilations of schemas: zod makes a function of each. */
const compiled = vi.hoisted(() => {
  const count = { functions: 0 };
  globalThis.Function = new Proxy(Function, {
    construct(target, words, own) {
      count.functions++;
      return Reflect.construct(target, words, own);
    },
  });
  return count;
});

const { closeBackends, openBackend, realEngine, tinyIdx } = await import('../support.ts');
afterAll(closeBackends);

it('jobs leave no tensor, and compile no schema anew', async () => {
  const backend = await openBackend({ startEngine: realEngine });
  await backend.handle('settings.set', { forgetting: false });
  const { id } = await backend.handle('datasets.add', { path: tinyIdx() });
  const evaluate = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++)
      await backend.handle('evaluate.start', { model: 'tiny', dataset: id, eval_samples: 1 });
    await backend.idle();
    // Requests of the window meanwhile.
    await backend.handle('jobs.list', { active: true });
    await backend.handle('app.status', {});
    await backend.handle('runs.list', { archived: false });
  };
  await evaluate(3);
  const before = {
    functions: compiled.functions,
    tensors: tf.memory().numTensors,
    buffers: tf.memory().numDataBuffers,
  };
  expect(before.functions).toBeGreaterThan(0);
  await evaluate(20);
  expect({
    functions: compiled.functions,
    tensors: tf.memory().numTensors,
    buffers: tf.memory().numDataBuffers,
  }).toEqual(before);
});
