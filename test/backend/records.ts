import type { DatasetRecord } from '../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../src-shared/domain/models/model.ts';
import { plainLinear } from '../../src-shared/domain/models/model.ts';
import { type RunRecord, runConfigSchema } from '../../src-shared/domain/runs/run.ts';

/** A model and a dataset as the store keeps them; nothing of them lies on disk. */
export const modelRecord: ModelRecord = {
  id: 'model-1',
  name: 'A model',
  path: '/models/one',
  bundled: false,
  provenance: null,
  description: {
    family: 'vit',
    architecture: 'ViTForImageClassification',
    kind: 'image-classification',
    parameterCount: 100,
    sizeBytes: 400,
    dtype: 'F32',
    layerCount: 1,
    hiddenSize: 4,
    labels: ['a', 'b'],
    image: { height: 28, width: 28, channels: 1 },
    text: null,
    linears: [
      {
        name: 'vit.layers.0.attention.q_proj',
        aliases: ['vit.encoder.layer.0.attention.attention.query'],
        checkpointKey: 'vit.encoder.layer.0.attention.attention.query',
        layer: 0,
        inFeatures: 4,
        outFeatures: 4,
        hasBias: true,
        isHead: false,
        ...plainLinear,
      },
    ],
    fingerprint: 'f',
  },
  createdAt: 1,
};

export const datasetRecord: DatasetRecord = {
  id: 'dataset-1',
  name: 'Some data',
  bundled: false,
  licence: null,
  provenance: null,
  source: { reader: 'idx', path: '/data/one', options: {} },
  description: {
    task: 'image-classification',
    text: null,
    labels: ['a', 'b'],
    image: { height: 28, width: 28, channels: 1 },
    splits: [
      { name: 'train', exampleCount: 4, perLabel: [2, 2] },
      { name: 'test', exampleCount: 2, perLabel: [1, 1] },
    ],
    problems: [],
    sizeBytes: 100,
  },
  createdAt: 2,
};

/** A run of them. */
export const runRecord: RunRecord = {
  id: 'run-1',
  name: 'A run',
  status: 'queued',
  config: runConfigSchema.parse({ coto: {} }),
  modelId: modelRecord.id,
  datasetId: datasetRecord.id,
  tags: ['a', 'b'],
  note: "it's quoted",
  starred: true,
  archived: false,
  studyId: null,
  step: 0,
  facts: null,
  result: null,
  adapterId: null,
  checkpoints: [],
  error: null,
  folder: 'runs/run-1',
  createdAt: 12,
  startedAt: null,
  finishedAt: null,
};
