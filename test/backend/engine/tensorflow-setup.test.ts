import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { TensorflowSetupProcess } from '../../../src-main/backend/engine/tensorflow-setup.ts';
import { temporaryFolder } from '../support.ts';

it('a setup that cannot be done says why in its log; one that is under way can be cancelled, and only one runs', async () => {
  const cache = temporaryFolder();
  process.env['XDG_CACHE_HOME'] = cache;
  let finished = 0;
  const setup = new TensorflowSetupProcess(() => {
    finished++;
  });
  expect(setup.state.state).toBe('idle');

  process.env['CXX'] = 'no-such-compiler';
  setup.start('cpu');
  await expect.poll(() => setup.state.state).toBe('failed');
  expect(setup.state.log).toContain('There is no C++ compiler "no-such-compiler"');

  // An index that never answers.
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  process.env['CXX'] = process.execPath;
  process.env['PIP_INDEX_URL'] = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/simple`;
  setup.start('cpu');
  expect(() => setup.start('cpu')).toThrow('being set up already');
  await expect.poll(() => server.listening && connections(server)).toBeGreaterThan(0);
  setup.cancel();
  await expect.poll(() => setup.state.state).toBe('cancelled');
  expect(finished).toBe(0);
  server.closeAllConnections();
  server.close();
  rmSync(cache, { recursive: true, force: true });
});

function connections(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => {
    server.getConnections((_, count) => resolve(count));
  });
}
