import { expect, test } from 'vitest';
import { measuredShare, measuredStep, nearStep } from '../../../src-main/backend/runs/measured-step.ts';
import { checkedRun } from '../../../src-main/backend/runs/run-yaml.ts';
import { type RunRecord, runConfigSchema } from '../../../src-shared/domain/runs/run.ts';

const config = checkedRun({});
const run = (milliseconds: number, changes: object = {}, runsTogether = 1): RunRecord => ({
  id: '',
  name: '',
  status: 'completed',
  config: runConfigSchema.parse(changes),
  modelId: 'm',
  datasetId: 'd',
  tags: [],
  note: '',
  starred: false,
  archived: false,
  studyId: null,
  step: 0,
  facts: {
    totalSteps: 1,
    trainableParameters: 1,
    totalParameters: 1,
    groups: [],
    maskRows: [],
    trainExamples: 1,
    evalExamples: 1,
    backend: 'wasm',
    threads: 1,
    computeDtype: 'float32',
    runsTogether,
    paddingShare: null,
  },
  result: {
    steps: 1,
    accuracy: null,
    evalLoss: null,
    trainLoss: null,
    metrics: {},
    best: null,
    stoppedEarly: false,
    forgetting: null,
    meanStepMilliseconds: milliseconds,
    medianStepMilliseconds: milliseconds,
    meanActiveShare: 1,
    trainSeconds: 1,
  },
  adapterId: null,
  checkpoints: [],
  error: null,
  folder: '',
  createdAt: 0,
  startedAt: null,
  finishedAt: null,
});
const adapter = (variant: string, r: number) => ({ adapter: { variant, parameters: { r } } });

test('the time of a step is the median of like runs only', () => {
  const runs = [run(30), run(10), run(500, { coto: {} }), run(900, { per_device_train_batch_size: 64 })];
  expect(measuredStep(runs, 'm', config)).toEqual({ milliseconds: 20, ofSameAdapter: true });
  expect(measuredStep([...runs, run(11)], 'm', config)?.milliseconds).toBe(11);
  expect(measuredStep(runs, 'other', config)).toBeNull();
  expect(measuredStep(runs, 'm', checkedRun({ coto: {} }))?.milliseconds).toBe(500);
});

test('the step times of runs trained together are their shares of the pass already', () => {
  const runs = [run(30), run(10)];
  expect(measuredShare(runs, 'm', config)?.milliseconds).toBe(20);
  expect(measuredShare([...runs, run(6, {}, 5)], 'm', config)?.milliseconds).toBe(6);
  expect(measuredStep([...runs, run(6, {}, 5)], 'm', config)?.milliseconds).toBe(20);
});

test('runs of the same variant and rank come first, others only where there are none', () => {
  const runs = [run(10, adapter('lora', 4)), run(12, adapter('lora', 4)), run(40, adapter('lora', 256))];
  const dora = checkedRun(adapter('dora', 4));
  expect(measuredStep(runs, 'm', checkedRun(adapter('lora', 256)))).toEqual({
    milliseconds: 40,
    ofSameAdapter: true,
  });
  expect(measuredStep(runs, 'm', dora)).toEqual({ milliseconds: 12, ofSameAdapter: false });
  expect(measuredStep([...runs, run(30, adapter('dora', 4))], 'm', dora)).toEqual({
    milliseconds: 30,
    ofSameAdapter: true,
  });

  // A study's estimate rather takes the same adapter alone than another one trained together.
  const together = [...runs, run(5, adapter('lora', 4), 4)];
  expect(measuredShare(together, 'm', dora)).toEqual({ milliseconds: 5, ofSameAdapter: false });
  expect(measuredShare([...together, run(30, adapter('dora', 4))], 'm', dora)).toEqual({
    milliseconds: 30,
    ofSameAdapter: true,
  });
});

test('without a like run, the nearest are those of the same model and data, scaled by the examples of a step', () => {
  const far = { per_device_train_batch_size: 64 };
  const runs = [run(100, { coto: {} }), run(300, { coto: {}, adapter: { target_modules: ['q_proj'] } }), run(64, far)];
  const [own, other] = [config.per_device_train_batch_size, 64];
  const scaled = [100, 300, (64 * own) / other].sort((one, two) => one - two);
  expect(measuredStep(runs, 'm', config)).toBeNull();
  expect(nearStep(runs, 'm', config)).toEqual({ milliseconds: scaled[1], ofSameAdapter: false });
  expect(nearStep(runs, 'm', checkedRun({ max_length: 7 }))).toBeNull();
});
