import { readdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { adapterVariant, nameWithoutHead, readAdapter, writeAdapter } from '../../../engine/api/adapters.ts';
import { toEqualLora } from '../../../engine/api/formats.ts';
import { copyTokenizer, writeChatTemplate } from '../../../engine/api/models.ts';
import { hasTokenizer } from '../../../engine/api/text.ts';
import { writeFolderAtomic } from '../../../files/atomic.ts';
import { copyAdapterFiles } from '../adapters/adapter-files.ts';
import { chatTemplateOf } from '../adapters/chat-template-of.ts';
import { nameBase } from './name-base.ts';
import type { ExportSource, ExportTarget } from './target.ts';

export const peft: ExportTarget = {
  declaration: {
    id: 'peft',
    label: 'PEFT folder',
    summary:
      "adapter_config.json and adapter_model.safetensors, as PEFT and Transformers load them, with the base's tokenizer and the chat template that it was trained with where it reads text.",
    parameters: [],
    makes: 'folder',
  },
  async write(source, path, services) {
    const { adapter, directory, base } = source;
    const template = await chatTemplateOf(services, adapter);
    let note: string | null = null;
    await writeFolderAtomic(path, async (temporary) => {
      await copyAdapterFiles(directory, temporary);
      note = await writeEqualLora(source, temporary);
      await nameBase(temporary, base);
      if (base.model !== null) await nameWithoutHead(temporary, base.model.description);
      // An adapter that was imported with a tokenizer of its own keeps that.
      if (hasTokenizer(directory)) await copyTokenizer(directory, temporary);
      else if (base.model !== null) await copyTokenizer(base.model.path, temporary);
      if (template !== null) await writeChatTemplate(temporary, template.text);
    });
    return note;
  },
};

/**
 * Replaces an adapter of a kind that PEFT lacks (ABBA) by the equal LoRA.
 * @returns a note on it; null for a kind that PEFT has
 */
async function writeEqualLora({ adapter, directory, base }: ExportSource, folder: string): Promise<string | null> {
  const { declaration, files } = adapterVariant(adapter.variant);
  if (files.isForeign !== true) return null;
  const { description } = base;
  const state = await readAdapter(directory, description);
  const equal = toEqualLora(state, description);
  if (equal === null)
    throw new StudioError(
      'refused',
      `PEFT has no ${declaration.label}, and its update is no low-rank product.`,
      'Export it merged into its base.',
    );
  const written = join(folder, 'equal');
  const baseModelName = state.config.base_model_name_or_path ?? description.architecture;
  await writeAdapter(written, equal, { description, baseModelName });
  for (const name of await readdir(written)) await rename(join(written, name), join(folder, name));
  await rmdir(written);
  const ranks = [...equal.modules.values()].map(({ rank }) => rank ?? 0);
  return `PEFT has no ${declaration.label}: the folder is the equal LoRA of rank ${Math.max(...ranks)}`;
}
