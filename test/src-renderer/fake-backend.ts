import type { RequestInput, RequestName, RequestOutput } from '../../src-shared/contract/requests.ts';
import { adapterRecordSchema } from '../../src-shared/domain/adapters/adapter.ts';
import type { Catalog } from '../../src-shared/domain/app/catalog.ts';
import { datasetRecordSchema } from '../../src-shared/domain/data/dataset.ts';
import { jobRecordSchema } from '../../src-shared/domain/jobs/job.ts';
import { modelRecordSchema } from '../../src-shared/domain/models/model.ts';
import type { ParameterSpec } from '../../src-shared/domain/parameters/parameter.ts';

type Answers = { [Name in RequestName]?: (input: RequestInput<Name>) => RequestOutput<Name> };

/** Requests of the window, in order, and their answers; a request without an answer stays open. */
export const backend = {
  answers: {} as Answers,
  asked: [] as { name: RequestName; input: unknown }[],
  inputsOf: (name: RequestName) => backend.asked.filter((one) => one.name === name).map(({ input }) => input),
};

/** Stands in for `request` of api/client.ts. */
export function request<Name extends RequestName>(name: Name, input: RequestInput<Name>): Promise<RequestOutput<Name>> {
  backend.asked.push({ name, input });
  const answer = backend.answers[name];
  return answer ? Promise.resolve(answer(input)) : new Promise(() => undefined);
}

const density: ParameterSpec = {
  name: 'density',
  label: 'Density',
  type: 'number',
  default: 0.5,
  minimum: 0,
  maximum: 1,
  help: 'Share that is kept.',
};

/** A small catalog: two merge methods that share a parameter, two prune methods, one sampling parameter. */
export const catalog: Catalog = {
  adapterVariants: [
    {
      id: 'lora',
      label: 'LoRA',
      summary: 'Low rank.',
      parameters: [{ name: 'r', label: 'Rank', type: 'integer', default: 8, minimum: 1, help: 'Rank.' }],
    },
  ],
  mergeMethods: [
    { id: 'factor-average', label: 'Factor average', summary: 'Averages.', parameters: [], makes: 'adapter' },
    { id: 'ties', label: 'TIES', summary: 'Elects signs.', parameters: [density], makes: 'adapter' },
    { id: 'dare', label: 'DARE', summary: 'Drops.', parameters: [{ ...density, default: 0.9 }], makes: 'adapter' },
  ],
  pruneMethods: [
    { id: 'half', label: 'Half of the layers', summary: 'Drops half.', parameters: [], patterns: [], grid: null },
    {
      id: 'magnitude',
      label: 'Magnitude',
      summary: 'Zeroes.',
      patterns: [],
      grid: { parameter: 'sparsity', values: [0.5, 0.9], label: 'zeroed', percent: true, axis: 'zeroed', unchanged: 0 },
      parameters: [
        { ...density, name: 'sparsity', label: 'Sparsity' },
        { name: 'block', label: 'Block', type: 'integer', default: 1, minimum: 1, help: 'Entries that go together.' },
      ],
    },
  ],
  routers: [],
  modelFamilies: [],
  datasetReaders: [
    {
      id: 'csv',
      label: 'CSV',
      summary: 'Rows.',
      parameters: [
        { name: 'text', label: 'Text column', type: 'text', default: '', help: 'The text.', names: 'column' },
        { name: 'text_pair', label: 'Pair column', type: 'text', default: '', help: 'A second text.', names: 'column' },
        { name: 'label', label: 'Label column', type: 'text', default: '', help: 'The label.', names: 'column' },
        { name: 'guess_columns', label: 'Guess columns', type: 'boolean', default: true, help: 'By names.' },
        {
          name: 'split_by',
          label: 'Split by',
          type: 'choice',
          default: 'guessed',
          choices: [
            { value: 'guessed', label: 'As found' },
            { value: 'share', label: 'A share' },
          ],
          help: 'How.',
        },
        { ...density, name: 'test_fraction', label: 'Test share', default: 0.2 },
        { name: 'seed', label: 'Split seed', type: 'integer', default: 0, help: 'Draws.' },
        { name: 'separator', label: 'Separator', type: 'text', default: ',', help: 'Between cells.' },
      ],
    },
  ],
  studies: [],
  exportTargets: [],
  targets: [],
  sampling: {
    id: 'sampling',
    label: 'Sampling',
    summary: 'How.',
    parameters: [{ ...density, name: 'temperature', label: 'Temperature', default: 0.7, maximum: 10 }],
  },
};

export function adapter(id: string, changes: Record<string, unknown> = {}) {
  return adapterRecordSchema.parse({
    id,
    name: id,
    folder: `adapters/${id}`,
    modelId: 'base',
    variant: 'lora',
    parameters: { r: 8 },
    targetModules: ['q_proj'],
    layers: [0],
    modulesToSave: [],
    coto: null,
    origin: { kind: 'import', path: '/tmp' },
    datasetId: 'digits',
    accuracy: 0.5,
    parameterCount: 1,
    sizeBytes: 1,
    sha256: '',
    createdAt: 0,
    archived: false,
    ...changes,
  });
}

export function dataset(id: string, name = id, description: Record<string, unknown> = {}) {
  return datasetRecordSchema.parse({
    id,
    name,
    bundled: false,
    licence: null,
    provenance: null,
    source: { reader: 'idx', path: `/data/${id}`, options: {} },
    description: {
      task: 'image-classification',
      labels: ['zero', 'one'],
      image: { height: 1, width: 2, channels: 1 },
      splits: [{ name: 'test', exampleCount: 4, perLabel: [2, 2] }],
      problems: [],
      sizeBytes: 1,
      ...description,
    },
    createdAt: 0,
  });
}

/** A base that reads texts. */
export function textModel(id: string, name = id) {
  return modelRecordSchema.parse({
    id,
    name,
    path: `/models/${id}`,
    bundled: false,
    provenance: null,
    createdAt: 0,
    description: {
      family: 'llama',
      architecture: 'LlamaForCausalLM',
      kind: 'causal-lm',
      parameterCount: 1,
      sizeBytes: 1,
      dtype: 'float32',
      layerCount: 1,
      hiddenSize: 1,
      image: null,
      text: { maxPositions: 2048, vocabularySize: 100 },
      labels: [],
      linears: [],
      fingerprint: 'f',
    },
  });
}

export function job(id: string, kind: string) {
  return jobRecordSchema.parse({
    id,
    kind,
    title: id,
    status: 'queued',
    subjectId: null,
    after: [],
    progress: null,
    error: null,
    createdAt: 0,
    startedAt: null,
    finishedAt: null,
  });
}
