import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withMembers } from './json-members.ts';

export const chatTemplateFile = 'chat_template.jinja';

/** File of processors and earlier Transformers versions that a base may have instead of the other two. */
const formerTemplateFile = 'chat_template.json';

/**
 * Gives a folder that is being written a chat template as Transformers writes it: a file of its own, in place of what
 * tokenizer_config.json has. Null: none, so that Transformers refuses to write conversations.
 */
export async function writeChatTemplate(folder: string, template: string | null): Promise<void> {
  await rm(join(folder, formerTemplateFile), { force: true });
  const file = join(folder, chatTemplateFile);
  await (template === null ? rm(file, { force: true }) : writeFile(file, template));
  const config = join(folder, 'tokenizer_config.json');
  if (!existsSync(config)) return;
  await writeFile(config, withMembers(await readFile(config, 'utf8'), { chat_template: undefined }));
}
