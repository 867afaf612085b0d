import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ForeignReader } from '../../../src-main/backend/reading/foreign-reader.ts';
import { CurrentInputs } from '../../../src-main/backend/runs/compare-inputs.ts';
import { silentLog } from '../../../src-main/logging/log.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { readerInProcess, removeTemporaryFolders, temporaryFolder } from '../support.ts';

afterAll(removeTemporaryFolders);

it('hashes a dataset for the other runs of a job after the first one was cancelled', async () => {
  const data = join(temporaryFolder(), 'rows.csv');
  writeFileSync(data, 'text,label\ngood film,good\nbad film,bad\n');
  const dataset = { id: 'dataset-1', source: { path: data, reader: 'csv', options: {} } };
  const [cancelled, other] = [new AbortController(), new AbortController()];
  const contextOf = ({ signal }: AbortController) => ({ abort: signal, progress: () => undefined });
  const reader = new ForeignReader(readerInProcess, silentLog);
  const inputs = new CurrentInputs({ reader }, contextOf(cancelled));
  cancelled.abort(new StudioError('cancelled', 'It was cancelled.'));
  await expect(inputs.in(contextOf(cancelled)).dataset(dataset)).rejects.toThrow('It was cancelled.');
  const hashed = await inputs.in(contextOf(other)).dataset(dataset);
  // Hashed once: the file is read no second time.
  writeFileSync(data, '');
  expect(await inputs.in(contextOf(cancelled)).dataset(dataset)).toEqual(hashed);
  await reader.close();
});
