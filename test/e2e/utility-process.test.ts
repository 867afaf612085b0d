import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe } from 'vitest';
import { childProcessChannel } from '../../src-main/transport/child-process.ts';
import { reusing, rpcSuite } from '../src-shared/rpc/suite.ts';
import { electronArguments, electronBinary, projectRoot } from './environment.ts';

const folder = mkdtempSync(join(tmpdir(), 'coto-utility-'));

beforeAll(async () => {
  const common = {
    absWorkingDir: projectRoot,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
  } as const;
  await build({
    ...common,
    entryPoints: ['test/e2e/utility-relay.ts'],
    outfile: join(folder, 'main.cjs'),
    external: ['electron'],
  });
  await build({
    ...common,
    entryPoints: ['test/src-shared/rpc/echo-child.ts'],
    outfile: join(folder, 'service.mjs'),
    format: 'esm',
  });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'relay', version: '1.0.0', main: 'main.cjs' }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('utility process of Electron', () => {
  const start = reusing(() => {
    const child = spawn(electronBinary, [...electronArguments, folder, `--user-data-dir=${join(folder, 'data')}`], {
      stdio: ['ignore', 'ignore', process.env['COTO_TEST_LOUD'] ? 'inherit' : 'ignore', 'ipc'],
      serialization: 'advanced',
      env: { ...process.env, COTO_TEST_SERVICE: join(folder, 'service.mjs') },
    });
    return {
      channel: childProcessChannel(child),
      stop: () =>
        new Promise<void>((resolve) => {
          if (child.exitCode !== null || child.signalCode !== null) resolve();
          else {
            child.once('exit', () => resolve());
            child.kill('SIGKILL');
          }
        }),
    };
  });
  rpcSuite(start);
});
