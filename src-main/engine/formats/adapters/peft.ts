import { readAdapter, writeAdapter } from '../../adapters/peft/adapter-folder.ts';
import { describeDerivedBase } from '../../adapters/residual/derived-base.ts';
import type { AdapterFormat } from './format.ts';

/** PEFT's folders, in which the studio itself keeps adapters. */
export const peft: AdapterFormat = {
  id: 'peft',
  label: 'PEFT folder',
  summary: 'adapter_config.json and adapter_model.safetensors, as PEFT and Transformers load them.',
  makes: 'folder',
  kinds: [],
  recognize: ({ entries }) => entries?.includes('adapter_model.safetensors') ?? false,
  async read({ path }) {
    const description = await describeDerivedBase([path]);
    return { state: await readAdapter(path, description), description };
  },
  write: (path, { state, description }) =>
    writeAdapter(path, state, {
      description,
      baseModelName: state.config.base_model_name_or_path ?? description.foreign?.name ?? description.architecture,
    }),
};
