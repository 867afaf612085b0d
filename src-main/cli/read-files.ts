import { StudioError } from '../../src-shared/contract/errors.ts';
import type { RequestInput, RequestOutput } from '../../src-shared/contract/requests.ts';
import type { StudioClient } from '../../src-shared/contract/studio-client.ts';
import type { DatasetRecord } from '../../src-shared/domain/data/dataset.ts';
import { isOver, type JobKind } from '../../src-shared/domain/jobs/job.ts';
import { ProgressLine } from './progress-line.ts';
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

/**
 * Waits for a request that reads files in a job of that kind, and shows how far it is. The first Ctrl+C cancels it, after which
 * nothing of it is kept; a second one ends the command.
 */
async function followReading<Answer>(
  client: StudioClient,
  terminal: Terminal,
  { kind, nothingKept }: { readonly kind: JobKind; readonly nothingKept: string },
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const line = new ProgressLine(terminal);
  const ended = Promise.withResolvers<never>();
  let reading: string | null = null;
  let interrupts = 0;
  const cancel = (): void => {
    if (reading !== null && interrupts > 0) client.request('jobs.cancel', { id: reading }).catch(() => undefined);
  };
  const stopWatching = client.on('job.changed', (job) => {
    if (job.kind !== kind || isOver(job)) return;
    if (reading === null) {
      reading = job.id;
      cancel();
    }
    if (job.id === reading && job.progress !== null) line.show(job.progress);
  });
  const stopListening = terminal.onInterrupt(() => {
    if (++interrupts > 1) ended.reject(new StudioError('cancelled', 'Interrupted.', nothingKept));
    else line.say('Cancelling …');
    cancel();
  });
  try {
    return await Promise.race([ask(), ended.promise]);
  } finally {
    stopWatching();
    stopListening();
    line.clear();
  }
}
