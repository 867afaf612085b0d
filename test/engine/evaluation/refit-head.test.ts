import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readAdapter } from '../../../src-main/engine/adapters/peft/adapter-folder.ts';
import type { AdapterState } from '../../../src-main/engine/adapters/variant/state.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { AdapterEvaluator } from '../../../src-main/engine/evaluation/adapter-evaluator.ts';
import { EvaluationProgress } from '../../../src-main/engine/evaluation/evaluation-progress.ts';
import { refitHead } from '../../../src-main/engine/evaluation/refit-head.ts';
import { plainBase, withHead } from '../../../src-main/engine/merge/run/task-heads.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { scoreOutputs } from '../../../src-main/engine/outcomes/index.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { temporaryFolder } from '../data/make-data.ts';
import { labels, modelDirectory, randomAdapter, writeImages } from '../jobs/random-adapters.ts';
import { quietContext } from '../tasks/text-task.ts';
import { testCompute } from '../test-compute.ts';

const folder = temporaryFolder();
const source = { reader: 'idx', path: join(folder, 'images'), options: {} };
const settings = taskSettingsSchema.parse({});
const examples = { train_samples_per_class: 0, max_train_samples: 0, seed: 1 };
let base: BaseModel;
let adapter: AdapterState;

beforeAll(async () => {
  await activateCompute(testCompute);
  await writeImages(source.path);
  base = await loadBaseModel(modelDirectory);
  adapter = await readAdapter(await randomAdapter(join(folder, 'adapter'), 1, labels), base.description);
  return () => base.dispose();
});

const refit = (state: AdapterState, more: object = {}) =>
  refitHead(base, state, { modelDirectory, source, settings, examples, ...more }, quietContext);

/** Loss on the training images, read as test images. */
async function trainingLoss(state: AdapterState): Promise<number> {
  const request = { modelDirectory, source, settings, samples: 0 };
  const evaluator = await AdapterEvaluator.open(base, { ...request, split: heldOut }, quietContext);
  try {
    return (await scoreOutputs(await evaluator.outputs(state, new EvaluationProgress(quietContext, [5]), quietContext)))
      .loss;
  } finally {
    evaluator.close();
  }
}
const heldOut = { eval_split: 'validation' as const, validation_samples: 5 };

describe('a head that is fitted anew', () => {
  it('changes the last layer of the head alone, and lowers the loss on what it was fitted to', async () => {
    const fitted = await refit(adapter);
    expect(fitted.modules).toEqual(adapter.modules);
    expect([...fitted.saved.keys()].sort()).toEqual([...adapter.saved.keys()].sort());
    expect(fitted.labels).toEqual(labels);
    expect(await trainingLoss(fitted)).toBeLessThan(0.7 * (await trainingLoss(adapter)));
  });

  it('depends on the adapter below it and on the examples, not on the head that was there', async () => {
    const other = await readAdapter(await randomAdapter(join(folder, 'other'), 2, labels), base.description);
    const fitted = await refit(adapter);
    const swapped = await refit(withHead(adapter, other, base.description));
    const weights = (state: AdapterState) => [...state.saved].filter(([name]) => name.endsWith('weight'));
    expect(weights(swapped)).toEqual(weights(fitted));
    expect(weights(await refit(other))).not.toEqual(weights(fitted));
    expect(weights(await refit(adapter, { examples: { ...examples, train_samples_per_class: 1 } }))).not.toEqual(
      weights(fitted),
    );
  });

  it('is a probe of the plain base where there is no adapter', async () => {
    const probe = await refit(plainBase());
    expect(probe.modules.size).toBe(0);
    expect(probe.config.modules_to_save).toEqual(['classifier']);
    const evaluator = await AdapterEvaluator.open(base, { modelDirectory, source, settings, samples: 0 }, quietContext);
    expect(evaluator.fits(probe)).toBe(true);
    evaluator.close();
  });

  it('never sees held-out examples that are scored', async () => {
    const weights = (state: AdapterState) => [...state.saved];
    expect(weights(await refit(adapter, { split: heldOut }))).not.toEqual(weights(await refit(adapter)));
  });
});
