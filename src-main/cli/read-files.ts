import type { RequestInput, RequestOutput } from '../../src-shared/contract/requests.ts';
import type { StudioClient } from '../../src-shared/contract/studio-client.ts';
import type { DatasetRecord } from '../../src-shared/domain/data/dataset.ts';
import { followReading } from './follow-reading.ts';
import type { Terminal } from './terminal.ts';

/** Adds a dataset, with progress; Ctrl+C cancels. */
export function addDataset(
  client: StudioClient,
  input: RequestInput<'datasets.add'>,
  terminal: Terminal,
): Promise<DatasetRecord> {
  const reading = { kind: 'import', nothingKept: 'Nothing of the dataset is kept.' } as const;
  return followReading(client, terminal, reading, () => client.request('datasets.add', input));
}

/** Imports runs, with progress; Ctrl+C cancels. */
export function importRuns(
  client: StudioClient,
  path: string,
  terminal: Terminal,
): Promise<RequestOutput<'runs.import'>> {
  const reading = { kind: 'import-runs', nothingKept: 'No run is imported.' } as const;
  return followReading(client, terminal, reading, () => client.request('runs.import', { path }));
}
