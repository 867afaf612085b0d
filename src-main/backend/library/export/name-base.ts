import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { adapterConfigFile } from '../../../engine/adapters/peft/adapter-config.ts';
import { withMembers } from '../../../engine/models/huggingface/json-members.ts';
import { writeFileAtomic } from '../../../engine/tensors/atomic.ts';
import type { AdapterBase } from '../adapter-base.ts';
import { repositoryOf } from '../huggingface/cache-folder.ts';

/**
 * Writes into a PEFT folder where PEFT finds the base: its name on the hub, else its folder. The studio's own name of it says
 * nothing to other programs. A base that is not in the studio keeps the name that the adapter came with.
 */
export async function nameBase(folder: string, { model }: Pick<AdapterBase, 'model'>): Promise<void> {
  if (model === null) return;
  const file = join(folder, adapterConfigFile);
  const changes = { base_model_name_or_path: hubName(model.path) ?? model.path };
  await writeFileAtomic(file, withMembers(await readFile(file, 'utf8'), changes));
}

/** Of a folder <repository>/snapshots/<commit> in the hub's cache. */
function hubName(path: string): string | null {
  const snapshots = dirname(path);
  return basename(snapshots) === 'snapshots' ? repositoryOf(basename(dirname(snapshots))) : null;
}
