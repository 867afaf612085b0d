import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const command = fileURLToPath(new URL('../../src-main/cli/coto.ts', import.meta.url));

/** `coto` in a process of its own, killed as soon as `holds` of what it has said; it must not have ended by itself. */
export async function killCommandWhen(
  home: string,
  words: readonly string[],
  holds: (said: string) => boolean,
): Promise<void> {
  const child = spawn(process.execPath, [command, ...words], {
    env: { ...process.env, COTO_STUDIO_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const closed = once(child, 'close');
  while (child.exitCode === null && !holds(said)) await wait(10);
  child.kill('SIGKILL');
  expect((await closed)[1], said).toBe('SIGKILL');
}

/** `coto` in a process of its own, into which the module is loaded first, one of this folder that kills it. */
export async function killCommandBy(module: string, words: readonly string[]): Promise<void> {
  const killing = ['--import', new URL(module, import.meta.url).href];
  const child = spawn(process.execPath, [...killing, command, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  const said = child.stderr.setEncoding('utf8').toArray();
  const [, signal] = await once(child, 'close');
  expect(signal, (await said).join('')).toBe('SIGKILL');
}
