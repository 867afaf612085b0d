import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withMembers } from './json-members.ts';

export const chatTemplateFile = 'chat_template.jinja';

/**
 * Gives a folder that is being written a chat template as Transformers writes it: a file of its own, in place of what
 * tokenizer_config.json has.
 */
export async function writeChatTemplate(folder: string, template: string): Promise<void> {
  await writeFile(join(folder, chatTemplateFile), template);
  const config = join(folder, 'tokenizer_config.json');
  if (!existsSync(config)) return;
  await writeFile(config, withMembers(await readFile(config, 'utf8'), { chat_template: undefined }));
}
