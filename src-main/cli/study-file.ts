import { dirname } from 'node:path';
import type { StudioClient } from '../../src-shared/contract/studio-client.ts';
import type { StudyConfig } from '../../src-shared/studies/index.ts';
import { resolveStudy } from '../backend/index.ts';
import { findAdapter, findDataset, findModel } from './references.ts';
import type { Terminal } from './terminal.ts';

/** The config that a study's file means; folders that it names are added to the home. @throws StudioError as `resolveStudy` */
export function resolveConfig(
  client: StudioClient,
  file: string,
  value: { readonly kind: string },
  terminal: Terminal,
): Promise<StudyConfig> {
  return resolveStudy({ file, folder: dirname(file) }, value, {
    adapter: async (word) => (await findAdapter(client, word)).id,
    dataset: async (word) => (await findDataset(client, word, terminal)).id,
    model: async (word) => (await findModel(client, word)).id,
    records: async () => ({
      adapters: await client.request('adapters.list', {}),
      runs: await client.request('runs.list', {}),
    }),
  });
}
