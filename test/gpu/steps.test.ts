import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { GuardedWorker } from '../../src-main/bench/gpu/guarded-worker.ts';
import { exchangeFile } from '../../src-main/bench/gpu/prove-backend.ts';
import { stepOf } from '../../src-main/bench/gpu/steps.ts';
import { workerCommand } from '../../src-main/bench/gpu/worker-command.ts';
import { encoderShape } from '../../src-main/bench/workloads/encoder.ts';

it('writes no problem again that another backend has written, and one for each size', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'coto-gpu-'));
  const worker = new GuardedWorker(workerCommand('wasm'));
  try {
    const exchange = exchangeFile(folder, encoderShape, true);
    expect(exchangeFile(folder, encoderShape, false)).not.toBe(exchange);
    const resources = fileURLToPath(new URL('../../assets', import.meta.url));
    const request = { worker, shape: encoderShape, small: true, resources, folder, exchange, seconds: 2, device: null };
    writeFileSync(exchange, 'of another backend');
    expect(await stepOf(request)).toMatchObject({ outcome: 'passed', small: true });
    expect(readFileSync(exchange, 'utf8')).toBe('of another backend');
  } finally {
    await worker.close();
    rmSync(folder, { recursive: true });
  }
});
