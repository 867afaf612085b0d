import { readAdapter } from '../../../engine/adapters/peft/adapter-folder.ts';
import { writeGgufLora } from '../../../engine/formats/gguf/lora-file.ts';
import { readConfig } from '../../../engine/models/huggingface/model-folder.ts';
import { requireModelOf } from '../adapter-base.ts';
import type { ExportTarget } from './target.ts';

export const ggufLora: ExportTarget = {
  declaration: {
    id: 'gguf-lora',
    label: 'GGUF adapter',
    summary: 'One file for llama.cpp, Ollama and LM Studio, loaded beside a GGUF file of the base (llama-cli --lora).',
    parameters: [],
    makes: 'file',
    extension: 'gguf',
  },
  async write({ adapter, directory }, path, { store }) {
    const model = requireModelOf(store, adapter);
    const state = await readAdapter(directory, model.description);
    const base = { description: model.description, config: await readConfig(model.path) };
    await writeGgufLora(path, state, base, adapter.name);
  },
};
