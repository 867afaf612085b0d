import { conversionNote } from '../../../engine/api/formats.ts';
import { computeFields } from '../../jobs/compute-fields.ts';
import { nameBase } from './name-base.ts';
import type { ExportTarget } from './target.ts';

/** Any variant as plain LoRA, for programs that know nothing else. */
export const plainLora: ExportTarget = {
  declaration: {
    id: 'lora',
    label: 'Plain LoRA',
    summary:
      'The adapter as plain LoRA in a PEFT folder, whatever its variant: ΔW of each module cut by SVD, with the error that it costs.',
    parameters: [
      {
        name: 'rank',
        label: 'Highest rank',
        type: 'integer',
        default: 64,
        minimum: 1,
        maximum: 1024,
        step: 1,
        help: 'Singular values that a module keeps at most.',
      },
      {
        name: 'energy',
        label: 'Energy share',
        type: 'number',
        default: 0.99,
        above: 0,
        maximum: 1,
        step: 0.01,
        help: 'Each module keeps the fewest singular values whose squares reach this share of their sum, up to the highest rank.',
      },
    ],
    makes: 'folder',
  },
  async write({ directory, base, parameters }, path, { store }, context) {
    const { report } = await context.runEngine({
      kind: 'plain-lora',
      ...computeFields(store),
      modelDirectory: base.model?.path ?? null,
      description: base.description,
      adapterDirectory: directory,
      rank: Number(parameters['rank']),
      energy: Number(parameters['energy']),
      outputDirectory: path,
    });
    await nameBase(path, base);
    return conversionNote(report);
  },
};
