import { requests } from '../../../../src-shared/contract/requests.ts';
import { type AdapterRecord, baseNameOf } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { DatasetRecord } from '../../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../../src-shared/domain/models/model.ts';
import { page, pageOf, readingTool, type Tool, timeOf } from '../tool.ts';

/** Models, datasets and adapters. */
export const libraryTools: readonly Tool[] = [
  readingTool({
    name: 'list_models',
    title: 'List base models',
    description: 'The base models of the studio: kind, size, layers, labels.',
    input: page,
    run: async (client, part) => pageOf((await client.request('models.list', {})).map(describeModel), part),
  }),
  readingTool({
    name: 'list_datasets',
    title: 'List datasets',
    description: 'The datasets of the studio: task, labels, number of examples of each split.',
    input: page,
    run: async (client, part) => pageOf((await client.request('datasets.list', {})).map(describeDataset), part),
  }),
  readingTool({
    name: 'list_adapters',
    title: 'List adapters',
    description: 'The adapters: of runs, merges, prunes and imports, with their variant and score.',
    input: page,
    run: async (client, part) => pageOf((await client.request('adapters.list', {})).map(describeAdapter), part),
  }),
  readingTool({
    name: 'get_adapter',
    title: 'Show an adapter',
    description: 'One adapter by its id: how it was made, and its scores on every dataset that it was scored on.',
    input: requests['adapters.get'].input,
    async run(client, { id }) {
      const adapter = await client.request('adapters.get', { id });
      const { origin, parameters, layers, metrics, coto } = adapter;
      const made = origin.kind === 'import' ? { kind: origin.kind } : origin;
      const scores = await client.request('adapters.scores', { id });
      return { ...describeAdapter(adapter), origin: made, parameters, layers, metrics, coto, scores };
    },
  }),
];

function describeModel({ id, name, bundled, createdAt, description }: ModelRecord) {
  const { kind, architecture, parameterCount, sizeBytes, dtype, layerCount, labels, text, image } = description;
  const facts = { kind, architecture, parameterCount, sizeBytes, dtype, layerCount, labels, text, image };
  return { id, name, bundled, createdAt: timeOf(createdAt), ...facts };
}

function describeDataset({ id, name, bundled, licence, description, createdAt }: DatasetRecord) {
  const { task, labels, splits, sizeBytes, problems } = description;
  return {
    id,
    name,
    bundled,
    licence,
    task,
    labels,
    splits: splits.map((split) => ({ name: split.name, examples: split.exampleCount })),
    sizeBytes,
    problems: problems.length,
    createdAt: timeOf(createdAt),
  };
}

function describeAdapter(adapter: AdapterRecord) {
  const { id, name, variant, origin, datasetId, accuracy, targetModules, parameterCount, tags, createdAt } = adapter;
  const made = { variant, targetModules, parameterCount, from: origin.kind };
  return { id, name, base: baseNameOf(adapter), ...made, datasetId, accuracy, tags, createdAt: timeOf(createdAt) };
}
