import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { failingJobs, onlyRun, training } from './failing-jobs-support.ts';
import { commandScript } from './run-command.ts';

const { newHome } = failingJobs();

/** Linux's device on which every write finds a full disk. */
const fullDevice = '/dev/full';

function cotoOnFull(stream: 'stdout' | 'stderr', home: string, words: readonly string[]) {
  const full = openSync(fullDevice, 'w');
  try {
    return spawnSync(process.execPath, [commandScript, ...words], {
      env: { ...process.env, COTO_STUDIO_HOME: home },
      stdio: ['ignore', stream === 'stdout' ? full : 'pipe', stream === 'stderr' ? full : 'pipe'],
      encoding: 'utf8',
    });
  } finally {
    closeSync(full);
  }
}

describe.skipIf(!existsSync(fullDevice))('output on a full disk', () => {
  test('a training whose standard error cannot be written completes', async () => {
    const home = await newHome();
    const { status, stdout } = cotoOnFull('stderr', home, [...training('max_steps=3'), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ run: { status: 'completed' } });
    expect(status).toBe(0);
  });

  test('a training whose standard output cannot be written completes, and says so in one sentence at its end', async () => {
    const home = await newHome();
    const { status, stderr } = cotoOnFull('stdout', home, training('max_steps=3'));
    expect(await onlyRun(home)).toMatchObject({ status: 'completed', error: null });
    const lines = stderr.trimEnd().split('\n');
    expect(lines.at(-1)).toBe(
      'coto: Standard output could not be written, though the command has run to its end. The disk is full. Free some space, then try again.',
    );
    expect(stderr).not.toMatch(/ENOSPC|\n\s+at /);
    expect(status).toBe(1);
  });
});
