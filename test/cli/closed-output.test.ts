import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { commandScript } from './run-command.ts';

test('a reader of the output that leaves, as head does, is no error', async () => {
  const child = spawn(process.execPath, [commandScript, 'study', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'close');

  expect([code, said]).toEqual([0, '']);
});
