import { StudioError } from '../../src-shared/contract/errors.ts';
import type { RequestInput } from '../../src-shared/contract/requests.ts';
import type { DatasetRecord } from '../../src-shared/domain/dataset.ts';
import { isOver } from './follow.ts';
import { ProgressLine } from './progress-line.ts';
import type { StudioClient } from './studio.ts';
import type { Terminal } from './terminal.ts';

/**
 * Adds a dataset and shows how far its reading is. The first Ctrl+C cancels it, after which nothing of it is kept; a second
 * one ends the command.
 */
export async function addDataset(
  client: StudioClient,
  input: RequestInput<'datasets.add'>,
  terminal: Terminal,
): Promise<DatasetRecord> {
  const line = new ProgressLine(terminal);
  const ended = Promise.withResolvers<never>();
  let reading: string | null = null;
  let interrupts = 0;
  const cancel = (): void => {
    if (reading !== null && interrupts > 0) client.request('jobs.cancel', { id: reading }).catch(() => undefined);
  };
  const stopWatching = client.on('job.changed', (job) => {
    if (job.kind !== 'import' || isOver(job)) return;
    if (reading === null) {
      reading = job.id;
      cancel();
    }
    if (job.id === reading && job.progress !== null) line.show(job.progress);
  });
  const stopListening = terminal.onInterrupt(() => {
    if (++interrupts > 1) ended.reject(new StudioError('cancelled', 'Interrupted.', 'Nothing of the dataset is kept.'));
    else line.say('Cancelling …');
    cancel();
  });
  try {
    return await Promise.race([client.request('datasets.add', input), ended.promise]);
  } finally {
    stopWatching();
    stopListening();
    line.clear();
  }
}
