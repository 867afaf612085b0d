import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nameWithoutHead } from '../../../engine/api/adapters.ts';
import { copyTokenizer, writeChatTemplate } from '../../../engine/api/models.ts';
import { writeFolderAtomic } from '../../../files/atomic.ts';
import { copyAdapterFiles } from '../adapters/adapter-files.ts';
import { chatTemplateOf } from '../adapters/chat-template-of.ts';
import { nameBase } from './name-base.ts';
import type { ExportTarget } from './target.ts';

export const peft: ExportTarget = {
  declaration: {
    id: 'peft',
    label: 'PEFT folder',
    summary:
      "adapter_config.json and adapter_model.safetensors, as PEFT and Transformers load them, with the base's tokenizer and the chat template that it was trained with where it reads text.",
    parameters: [],
    makes: 'folder',
  },
  async write({ adapter, directory, base }, path, services) {
    const template = await chatTemplateOf(services, adapter);
    await writeFolderAtomic(path, async (temporary) => {
      await copyAdapterFiles(directory, temporary);
      await nameBase(temporary, base);
      if (base.model !== null) await nameWithoutHead(temporary, base.model.description);
      // An adapter that was imported with a tokenizer of its own keeps that.
      if (existsSync(join(directory, 'tokenizer.json'))) await copyTokenizer(directory, temporary);
      else if (base.model !== null) await copyTokenizer(base.model.path, temporary);
      if (template !== null) await writeChatTemplate(temporary, template.text);
    });
    return null;
  },
};
