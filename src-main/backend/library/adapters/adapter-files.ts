import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chatTemplateFile } from '../../../engine/api/models.ts';
import { copyForeignFile } from '../../../files/foreign-file.ts';

/** The files of a PEFT folder; a checkpoint has more (the optimizer state), which an adapter does not need. */
export const adapterFiles: readonly string[] = [
  'adapter_config.json',
  'adapter_model.safetensors',
  'coto_config.json',
  'README.md',
  // Present if the adapter was trained with another template than its base's.
  chatTemplateFile,
];

export async function copyAdapterFiles(from: string, to: string): Promise<void> {
  for (const name of adapterFiles) {
    const source = join(from, name);
    if (existsSync(source)) await copyForeignFile(source, join(to, name));
  }
}
