import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { baseNameOf } from '../../../../src-shared/domain/adapters/adapter.ts';
import { gguf } from '../../../engine/api/formats.ts';
import { writeFolderAtomic } from '../../../files/atomic.ts';
import { writeFormat } from './adapter-formats.ts';
import type { ExportTarget } from './target.ts';

/** A GGUF adapter with the Modelfile that puts it on a base. Source: docs.ollama.com/import, docs.ollama.com/modelfile. */
export const ollama: ExportTarget = {
  declaration: {
    id: 'ollama',
    label: 'Ollama model',
    summary:
      'A folder with a GGUF adapter and the Modelfile that puts it on its base: ollama create NAME -f Modelfile.',
    parameters: [
      {
        name: 'from',
        label: 'Base in Ollama',
        type: 'text',
        default: null,
        nullable: true,
        empty: 'the name of the base',
        help: "What FROM names: a model of Ollama (llama3.2), or a GGUF file of the base. It has to be the adapter's own base.",
      },
    ],
    makes: 'folder',
  },
  async write(source, path, services) {
    const { adapter, base, parameters } = source;
    const from = parameters['from'] ?? base.model?.name ?? baseNameOf(adapter);
    await writeFolderAtomic(path, async (temporary) => {
      await writeFormat(gguf, source, join(temporary, 'adapter.gguf'), services);
      await writeFile(join(temporary, 'Modelfile'), `FROM ${from}\nADAPTER ./adapter.gguf\n`);
    });
    return null;
  },
};
