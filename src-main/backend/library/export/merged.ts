import { computeFields } from '../../jobs/compute-fields.ts';
import type { ExportTarget } from './target.ts';

export const merged: ExportTarget = {
  declaration: {
    id: 'merged',
    label: 'Merged model',
    summary: 'The base with the adapter in its weights: a Hugging Face folder that loads without PEFT.',
    makes: 'folder',
  },
  async write({ directory, model }, path, { store }, context) {
    await context.runEngine({
      kind: 'export-merged',
      ...computeFields(store),
      modelDirectory: model.path,
      adapterDirectory: directory,
      dtype: null,
      outputDirectory: path,
    });
  },
};
