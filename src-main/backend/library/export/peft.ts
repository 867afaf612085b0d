import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { copyTokenizer } from '../../../engine/models/huggingface/write-model.ts';
import { writeFolderAtomic } from '../../../engine/tensors/atomic.ts';
import { copyAdapterFiles } from '../adapter-files.ts';
import type { ExportTarget } from './target.ts';

export const peft: ExportTarget = {
  declaration: {
    id: 'peft',
    label: 'PEFT folder',
    summary:
      "adapter_config.json and adapter_model.safetensors, as PEFT and Transformers load them, with the base's tokenizer and chat template where it reads text.",
    parameters: [],
    makes: 'folder',
  },
  async write({ directory, base }, path) {
    await writeFolderAtomic(path, async (temporary) => {
      await copyAdapterFiles(directory, temporary);
      // An adapter that was imported with a tokenizer of its own keeps that.
      if (existsSync(join(directory, 'tokenizer.json'))) await copyTokenizer(directory, temporary);
      else if (base.model !== null) await copyTokenizer(base.model.path, temporary);
    });
    return null;
  },
};
