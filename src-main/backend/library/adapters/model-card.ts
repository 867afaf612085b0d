import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Forgetting } from '../../../../src-shared/domain/evaluation/forgetting.ts';
import { forgettingSentence } from '../../../../src-shared/results/forgetting.ts';

/** Adds to the model card of an adapter folder, which the engine wrote before it measured, what the adapter costs. */
export async function addForgetting(directory: string, forgetting: Forgetting | null): Promise<void> {
  if (forgetting === null) return;
  await appendFile(join(directory, 'README.md'), `\n## Forgetting\n\n${forgettingSentence(forgetting)}\n`);
}
