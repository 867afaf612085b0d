import { z } from 'zod';
import { computeFields } from '../../jobs/compute-fields.ts';
import { requireModelOf } from '../adapter-base.ts';
import type { ExportTarget } from './target.ts';

/** null: the dtype of the base. */
const dtypeSchema = z.enum(['base', 'F32', 'F16', 'BF16']).transform((value) => (value === 'base' ? null : value));

export const merged: ExportTarget = {
  declaration: {
    id: 'merged',
    label: 'Merged model',
    summary: 'The base with the adapter in its weights: a Hugging Face folder that loads without PEFT.',
    parameters: [
      {
        name: 'dtype',
        label: 'Data type',
        type: 'choice',
        default: 'base',
        choices: [
          { value: 'base', label: 'As the base' },
          { value: 'F32', label: 'float32' },
          { value: 'F16', label: 'float16' },
          { value: 'BF16', label: 'bfloat16' },
        ],
        help: 'Dtype of the stored weights.',
      },
    ],
    makes: 'folder',
  },
  async write({ adapter, directory, parameters }, path, { store }, context) {
    await context.runEngine({
      kind: 'export-merged',
      ...computeFields(store),
      modelDirectory: requireModelOf(store, adapter).path,
      adapterDirectory: directory,
      dtype: dtypeSchema.parse(parameters['dtype']),
      outputDirectory: path,
    });
    return null;
  },
};
