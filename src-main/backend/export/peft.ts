import { writeFolderAtomic } from '../../engine/formats/atomic.ts';
import { copyAdapterFiles } from '../library/adapters.ts';
import type { ExportTarget } from './target.ts';

export const peft: ExportTarget = {
  declaration: {
    id: 'peft',
    label: 'PEFT folder',
    summary: 'adapter_config.json and adapter_model.safetensors, as PEFT and Transformers load them.',
    makes: 'folder',
  },
  async write({ directory }, path) {
    await writeFolderAtomic(path, (temporary) => copyAdapterFiles(directory, temporary));
  },
};
