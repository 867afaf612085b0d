import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { workerCommand } from '../../src-main/bench/gpu/worker-command.ts';
import { LineProcess } from '../../src-main/bench/line-process.ts';

it('gives a sign of life between the device, the weights and their file', async () => {
  const worker = new LineProcess(workerCommand('wasm'));
  let signs = 0;
  try {
    const resources = fileURLToPath(new URL('../../assets', import.meta.url));
    const request = { do: 'load', shape: 'encoder', small: true, resources, folder: tmpdir(), exchange: null };
    expect(await worker.exchange(request, () => signs++)).toEqual({});
    expect(signs).toBe(2);
  } finally {
    await worker.close();
  }
});
