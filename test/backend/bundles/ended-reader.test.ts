import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { ForeignReader } from '../../../src-main/backend/reading/foreign-reader.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { closeBackends } from '../support.ts';
import { collect, trainBundle } from './attacked-bundle.ts';

afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(closeBackends);

it('imports results one by one whose common reader was ended after it had copied them', async () => {
  const trained = await trainBundle();
  const bundle = trained.copy();
  const backend = await trained.openHome();
  const read = ForeignReader.prototype.read;
  let copies = 0;
  vi.spyOn(ForeignReader.prototype, 'read').mockImplementation(async function (this: ForeignReader, name, ...rest) {
    const answer = await read.call(this, name, ...rest);
    if (name === 'copyResults' && copies++ === 0) throw new StudioError('refused', 'The reading took too long.');
    return answer;
  });
  expect(await collect(backend, bundle)).toMatchObject({ imported: 2, missing: [], refused: [] });
  expect(copies).toBe(3);
  for (const folder of ['runs', 'adapters']) expect(readdirSync(join(backend.home, folder))).toHaveLength(2);
});
