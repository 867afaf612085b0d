import { join } from 'node:path';
import { initFolder, initializations } from '../../../engine/api/adapters.ts';
import { copyTokenizer, writeChatTemplate } from '../../../engine/api/models.ts';
import { writeFolderAtomic } from '../../../files/atomic.ts';
import { computeFields } from '../../jobs/compute-fields.ts';
import { requireModelOf } from '../adapters/adapter-base.ts';
import { chatTemplateOf } from '../adapters/chat-template-of.ts';
import { nameBase } from './name-base.ts';
import type { ExportTarget } from './target.ts';

const rebuilt = initializations.filter(({ peft }) => peft.isRebuilt).map(({ declaration }) => declaration);

export const peftResidual: ExportTarget = {
  declaration: {
    id: 'peft-residual',
    label: 'PEFT folder on a residual base',
    summary:
      'An adapter that started with PiSSA or OLoRA as PEFT itself trains and saves it: of half the rank, on the residual that PEFT makes of the base when it loads it. Its start lies in init/.',
    parameters: [
      {
        name: 'init_lora_weights',
        label: 'Started with',
        type: 'choice',
        default: 'pissa',
        choices: rebuilt.map(({ id, label }) => ({ value: id, label })),
        help: 'How the adapter started; refused where it did not start so on this base, or was changed since.',
      },
    ],
    makes: 'folder',
  },
  async write({ adapter, directory, parameters }, path, services, context) {
    const { store } = services;
    const model = requireModelOf(store, adapter);
    const template = await chatTemplateOf(services, adapter);
    await writeFolderAtomic(path, async (temporary) => {
      await context.runEngine({
        kind: 'convert-adapter',
        ...computeFields(store),
        modelDirectory: model.path,
        description: model.description,
        adapterDirectory: directory,
        to: 'residual',
        parameters,
        outputDirectory: temporary,
      });
      for (const folder of [temporary, join(temporary, initFolder)]) await nameBase(folder, { model });
      await copyTokenizer(model.path, temporary);
      if (template !== null) await writeChatTemplate(temporary, template.text);
    });
    return null;
  },
};
