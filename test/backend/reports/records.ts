import { checkedRun } from '../../../src-main/backend/runs/run-yaml.ts';
import { datasetRecordSchema } from '../../../src-shared/domain/data/dataset.ts';
import { modelRecordSchema } from '../../../src-shared/domain/models/model.ts';
import { type RunRecord, runRecordSchema } from '../../../src-shared/domain/runs/run.ts';
import { type StudyRecord, studyRecordSchema } from '../../../src-shared/domain/studies/study.ts';
import { interpolationResult, mergingResult, pruningResult } from '../../src-shared/figures/results.ts';

/** A finished run of 40 steps on 100 test examples. */
export function runRecord(id: string, seed: number, coto: boolean, accuracy: number, milliseconds: number): RunRecord {
  return runRecordSchema.parse({
    id,
    name: `${coto ? 'LoRA + CoTo' : 'LoRA'} · seed ${seed}`,
    status: 'completed',
    config: checkedRun({ seed, coto: coto ? {} : null, max_steps: 40 }),
    modelId: 'model',
    datasetId: 'data',
    tags: [],
    note: '',
    starred: false,
    archived: false,
    studyId: null,
    step: 40,
    facts: {
      totalSteps: 40,
      trainableParameters: 38154,
      totalParameters: 2400000,
      groups: ['layer 0', 'layer 1', 'layer 2'],
      trainExamples: 640,
      evalExamples: 100,
      backend: 'wasm',
      threads: 2,
    },
    result: {
      steps: 40,
      accuracy,
      evalLoss: 0.8,
      trainLoss: 0.7,
      meanStepMilliseconds: milliseconds + 2,
      medianStepMilliseconds: milliseconds,
      meanActiveShare: coto ? 0.66 : 1,
      trainSeconds: 10,
    },
    adapterId: null,
    checkpoints: [],
    error: null,
    folder: `runs/${id}`,
    createdAt: 0,
    startedAt: 0,
    finishedAt: 1,
  });
}

export const runs = [
  runRecord('a', 1, false, 0.7, 300),
  runRecord('b', 1, true, 0.73, 240),
  runRecord('c', 2, false, 0.72, 304),
  runRecord('d', 2, true, 0.73, 244),
];

function studyRecord(result: typeof mergingResult | typeof interpolationResult | typeof pruningResult): StudyRecord {
  const reference = { adapterId: 'x' };
  const configs = {
    interpolation: { pairs: [{ label: 'LoRA', coto: false, from: reference, to: reference }] },
    pruning: { adapters: [{ label: 'LoRA', coto: false, seed: 1, adapter: reference }] },
    merging: { groups: [{ label: 'LoRA', coto: false, adapters: [reference, reference] }] },
  };
  return studyRecordSchema.parse({
    id: result.kind,
    name: result.kind,
    kind: result.kind,
    status: 'completed',
    config: { kind: result.kind, dataset: 'data', ...configs[result.kind] },
    result,
    error: null,
    parentId: null,
    createdAt: 0,
    finishedAt: 1,
  });
}

export const studies = [mergingResult, interpolationResult, pruningResult].map(studyRecord);

export const model = modelRecordSchema.parse({
  id: 'model',
  name: 'quickdraw-vit',
  path: '/models/quickdraw-vit',
  bundled: true,
  provenance: null,
  description: {
    family: 'vit',
    architecture: 'ViTForImageClassification',
    kind: 'image-classification',
    parameterCount: 2400000,
    sizeBytes: 9600000,
    dtype: 'F32',
    layerCount: 12,
    hiddenSize: 128,
    labels: [],
    image: { height: 28, width: 28, channels: 1 },
    linears: [],
    fingerprint: 'f0e1d2c3',
  },
  createdAt: 0,
});

export const dataset = datasetRecordSchema.parse({
  id: 'data',
  name: 'Fashion-MNIST (small)',
  bundled: true,
  licence: 'MIT',
  provenance: null,
  source: { reader: 'idx', path: '/data' },
  description: {
    task: 'image-classification',
    text: null,
    labels: ['T-shirt/top', 'Trouser'],
    image: null,
    splits: [
      { name: 'train', exampleCount: 1280, perLabel: [640, 640] },
      { name: 'test', exampleCount: 2000, perLabel: [1000, 1000] },
    ],
    problems: [],
    sizeBytes: 1,
  },
  createdAt: 0,
});
