import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { plainMarkdown } from '../../../../src-shared/studies/report/study-markdown.ts';
import { adapterConfigFile } from '../../../engine/api/adapters.ts';
import { withMembers } from '../../../engine/api/models.ts';
import { writeFileAtomic } from '../../../files/atomic.ts';
import type { AdapterBase } from '../adapters/adapter-base.ts';
import { repositoryOf } from '../huggingface/cache-folder.ts';

/**
 * Writes into a PEFT folder where PEFT finds the base: its name on the hub, else its folder. The studio's own name of it says
 * nothing to other programs, and is replaced in the model card too. A base that is not in the studio keeps the name that the adapter came with.
 */
export async function nameBase(folder: string, { model }: Pick<AdapterBase, 'model'>): Promise<void> {
  if (model === null) return;
  const onHub = hubName(model.path);
  const file = join(folder, adapterConfigFile);
  const changes = { base_model_name_or_path: onHub ?? model.path };
  await writeFileAtomic(file, withMembers(await readFile(file, 'utf8'), changes));
  const card = join(folder, 'README.md');
  if (!existsSync(card)) return;
  const text = await readFile(card, 'utf8');
  await writeFileAtomic(card, cardOnBase(text, model.id, onHub ?? model.name));
}

/** A model card whose base is called `name`: its first lines and its heading have the studio's own id where a run wrote it. */
function cardOnBase(card: string, id: string, name: string): string {
  return card
    .replace(`base_model: ${JSON.stringify(id)}\n`, () => `base_model: ${JSON.stringify(name)}\n`)
    .replace(` adapter for ${id}\n`, () => ` adapter for ${plainMarkdown(name)}\n`);
}

/** Returns the repository of a folder <repository>/snapshots/<commit> in the hub's cache. */
function hubName(path: string): string | null {
  const snapshots = dirname(path);
  return basename(snapshots) === 'snapshots' ? repositoryOf(basename(dirname(snapshots))) : null;
}
