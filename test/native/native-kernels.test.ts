import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const script = join(import.meta.dirname, '../../scripts/test-native-kernels.mjs');
const fifteenMinutes = 15 * 60_000;

it(
  'the native kernels agree with plain loops in double precision, for every instruction set and number of threads',
  async (context) => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, 'plain']);
    if (stdout.startsWith('skipped')) context.skip(stdout);
    expect(stdout).toContain('baseline: tested');
    expect(stdout).toMatch(/test cases: +(\d+) \| +\1 passed/u);
    expect(stdout).toContain('Status: SUCCESS!');
  },
  fifteenMinutes,
);
