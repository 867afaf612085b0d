import { beforeAll, expect, it } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import type { EngineEvent } from '../../../src-main/engine/events.ts';
import { loadingProgress } from '../../../src-main/engine/jobs/loading-progress.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { goldenPath } from '../golden.ts';
import { testCompute } from '../test-compute.ts';
import { testContext } from './test-context.ts';

beforeAll(() => activateCompute(testCompute));

it('every tensor of a base is counted, and what the count throws ends the loading', async () => {
  const counted: number[] = [];
  const base = await loadBaseModel(goldenPath('llama-nf4', 'base'), {
    onLoading: async (done, total, modelBytes) => {
      expect(total).toBe(21);
      expect(modelBytes).toBeGreaterThan(200_000);
      counted.push(done);
    },
  });
  base.dispose();
  expect(counted).toEqual(Array.from({ length: 21 }, (_, at) => at));
  const stopped = loadBaseModel(goldenPath('llama-nf4', 'base'), {
    onLoading: async (done) => {
      if (done === 3) throw new Error('stop');
    },
  });
  await expect(stopped).rejects.toThrow('stop');
});

it('a large base reports its loading and can be cancelled; a small one does neither', async () => {
  const events: EngineEvent[] = [];
  const { onLoading } = loadingProgress(testContext(events, 1));
  await onLoading?.(0, 2, 1000);
  expect(events).toEqual([]);
  await onLoading?.(2, 2, 2 ** 30);
  expect(events).toMatchObject([{ kind: 'progress', progress: { phase: 'Loading the base', done: 2, total: 2 } }]);
  await expect(onLoading?.(2, 2, 2 ** 30)).rejects.toMatchObject({ code: 'cancelled' });
});
