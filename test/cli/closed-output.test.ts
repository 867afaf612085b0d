import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

test('a reader of the output that leaves, as head does, is no error', async () => {
  const command = fileURLToPath(new URL('../../src-main/cli/coto.ts', import.meta.url));
  const child = spawn(process.execPath, [command, 'study', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'close');

  expect([code, said]).toEqual([0, '']);
});
