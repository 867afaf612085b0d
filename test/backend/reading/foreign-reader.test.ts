import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ForeignReader, startReader } from '../../../src-main/backend/reading/foreign-reader.ts';
import { silentLog } from '../../../src-main/logging/log.ts';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { bundledResources, closeBackends, openBackend, scriptedEngine } from '../support.ts';

afterAll(closeBackends);

const folder = join(bundledResources, 'models', 'small-llama');
const messages = [{ role: 'user', content: 'Hi' } as const];
/** Takes two seconds before it is stopped by the clock of templates. */
const template = '{% for a in range(99999) %}{% for b in range(999) %}{% endfor %}{% endfor %}';

it('answers other requests while a file keeps its reader busy', async () => {
  const startEngine = scriptedEngine(() => new Promise(() => undefined));
  const backend = await openBackend({ startEngine, startReader, resourcesDirectory: bundledResources });
  let isRead = false;
  const rendered = backend.handle('generation.render', { model: 'small-llama', messages, template }).finally(() => {
    isRead = true;
  });
  // A reading on this thread would let nothing else have its turn before its end.
  for (let times = 0; times < 5; times++) {
    await backend.handle('app.status', {});
    expect(isRead).toBe(false);
  }
  expect((await rendered).problem?.message).toContain('The chat template was stopped');
});

it('ends a reading at its limit or by a cancel, and reads on', async () => {
  const reader = new ForeignReader(startReader, silentLog);
  const loops = { folder, messages, template };
  await expect(reader.read('render', loops, { milliseconds: 200 })).rejects.toThrow(
    'The reading of the files was stopped after 0.2 s: it did not finish.',
  );
  const cancel = new AbortController();
  const cancelled = reader.read('render', loops, { signal: cancel.signal });
  setTimeout(() => cancel.abort(new StudioError('cancelled', 'Not wanted any more.')), 500);
  await expect(cancelled).rejects.toThrow('Not wanted any more.');
  expect(await reader.read('abilities', { folder })).toMatchObject({ problem: null });
  await reader.close();
  await expect(reader.read('abilities', { folder })).rejects.toMatchObject({ code: 'disconnected' });
});

it('does not count time in which a busy machine gave the reader no processor', async () => {
  const loops = { folder, messages, template };
  let queuedMilliseconds = () => performance.now();
  const reader = new ForeignReader(
    (onOutput) => ({
      ...startReader(onOutput),
      processorMilliseconds: () => 0,
      queuedMilliseconds: () => queuedMilliseconds(),
    }),
    silentLog,
  );
  expect(await reader.read('render', loops, { milliseconds: 50 })).toMatchObject({
    problem: { message: expect.stringContaining('The chat template was stopped') },
  });
  queuedMilliseconds = () => 0;
  await expect(reader.read('render', loops, { milliseconds: 50 })).rejects.toThrow('was stopped after 0.1 s');
  await reader.close();
});
