import { join } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { computeFields } from '../../jobs/compute-fields.ts';
import { requireModelOf } from '../adapters/adapter-base.ts';
import { seedDirectory } from '../adapters/seed-adapter.ts';
import { requireDataset } from '../datasets/datasets.ts';
import type { ExportTarget } from './target.ts';

export const python: ExportTarget = {
  declaration: {
    id: 'python',
    label: 'Python script',
    summary:
      'The run that made the adapter, for Transformers and PEFT on a GPU cluster: train.py with its settings, start, data and plan.',
    parameters: [],
    makes: 'folder',
    needsRun: true,
  },
  async write({ adapter }, path, { home, store, resourcesDirectory }, context) {
    const { origin } = adapter;
    const run = origin.kind === 'run' ? store.runs.find(origin.runId) : null;
    if (run === null)
      throw new StudioError(
        'refused',
        `"${adapter.name}" has no run in the studio, so there is no training to export.`,
        'Choose an adapter trained by a run.',
      );
    const model = requireModelOf(store, adapter);
    const seed = seedDirectory({ home, store }, run.config, model.id);
    await context.runEngine({
      kind: 'export-python',
      ...(seed === undefined ? {} : { initAdapterDirectory: seed }),
      ...computeFields(store),
      config: run.config,
      modelDirectory: model.path,
      dataset: requireDataset(store, run.datasetId).source,
      templateDirectory: join(resourcesDirectory, 'export'),
      outputDirectory: path,
    });
    return null;
  },
};
