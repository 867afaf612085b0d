import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tensorflowBackend } from '../../../../src-main/engine/compute/tensorflow/index.ts';
import {
  installationFolder,
  libraryPath,
  unfinishedFolder,
} from '../../../../src-main/engine/compute/tensorflow/installation.ts';
import { checkSetup, setUpTensorflow } from '../../../../src-main/engine/compute/tensorflow/setup/set-up.ts';
import type { SetupParts } from '../../../../src-main/engine/compute/tensorflow/setup/steps.ts';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { zipOf } from './zip.ts';

const signal = new AbortController().signal;
const library = Buffer.alloc(5000, 'library');
const framework = Buffer.alloc(3000, 'framework');
const contents = {
  one: zipOf({ 'tensorflow/libtensorflow_cc.so.2': library, 'tensorflow/python/unused.py': Buffer.from('x') }),
  two: zipOf({ 'tensorflow/libtensorflow_framework.so.2': framework }),
};

let cache: string;
let server: Server;
/** Wheels of each project in the index; truncated if shorter than announced. */
let served: Record<string, Buffer>;
let fetched: string[];
let compiled: number;
let attempts: string[][];
let parts: SetupParts;

beforeEach(async () => {
  cache = mkdtempSync(join(tmpdir(), 'coto-set-up-'));
  process.env['XDG_CACHE_HOME'] = cache;
  process.env['CXX'] = process.execPath;
  served = { ...contents };
  fetched = [];
  compiled = 0;
  attempts = [];
  server = createServer((request, response) => {
    const [, kind, project = ''] = /^\/(simple|files)\/(\w+)/.exec(request.url ?? '') ?? [];
    if (kind === 'simple')
      response.end(JSON.stringify({ files: [{ filename: `${project}.whl`, url: `../../files/${project}` }] }));
    else {
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      fetched.push(`${project} from ${start}`);
      response.statusCode = start > 0 ? 206 : 200;
      response.end(served[project]?.subarray(start));
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  process.env['PIP_INDEX_URL'] = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/simple`;
  parts = {
    wheels: (['one', 'two'] as const).map((project) => ({
      project,
      file: `${project}.whl`,
      bytes: contents[project].length,
      sha256: createHash('sha256').update(contents[project]).digest('hex'),
    })),
    compile: async (folder) => {
      compiled++;
      const file = join(folder, 'addon', 'tfjs_binding.node');
      mkdirSync(join(folder, 'addon'), { recursive: true });
      writeFileSync(file, 'addon');
      return file;
    },
    attempt: async (addon, folders) => {
      expect(existsSync(addon)).toBe(true);
      attempts.push(folders);
      return false;
    },
  };
});
afterEach(() => {
  server.close();
  for (const name of ['XDG_CACHE_HOME', 'CXX', 'PIP_INDEX_URL']) delete process.env[name];
  rmSync(cache, { recursive: true, force: true });
});

const setUp = () => setUpTensorflow('cpu', () => undefined, signal, parts);
const installed = (name: string) => join(installationFolder('cpu'), name);
const states = async () => (await checkSetup('cpu', signal, parts)).map(({ damage }) => damage);
const notDone = 'it was not done, or not to its end';

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('the set-up of libtensorflow', () => {
  it('does every step once, and leaves an installation without downloads', async () => {
    expect(await states()).toEqual([notDone, notDone, notDone, notDone]);
    expect(await setUp()).toBe(installationFolder('cpu'));
    expect(readFileSync(installed('tensorflow/libtensorflow_cc.so.2'))).toEqual(library);
    expect(existsSync(installed('tensorflow/python'))).toBe(false);
    expect(await states()).toEqual([null, null, null, null]);
    expect(existsSync(unfinishedFolder('cpu'))).toBe(false);
    expect(existsSync(join(cache, 'coto-studio', 'downloads', 'one.whl'))).toBe(false);
    expect([compiled, attempts.length]).toEqual([1, 1]);
    // Nothing is done again where all is there.
    await setUp();
    expect(fetched).toEqual(['one from 0', 'two from 0']);
    expect([compiled, attempts.length]).toEqual([1, 1]);
  });

  it('goes on after a download that was cut, from where it was, without what was done', async () => {
    served['two'] = contents.two.subarray(0, 100);
    await expect(setUp()).rejects.toMatchObject({
      code: 'refused',
      message: `The download of two.whl ended after 100 of ${contents.two.length} bytes.`,
      hint: 'Try again: the download resumes from there.',
    });
    expect(existsSync(installationFolder('cpu'))).toBe(false);
    expect(await states()).toEqual([null, notDone, notDone, notDone]);
    expect((await tensorflowBackend.probe()).reason).toMatch(/was not finished: .*resumes where it stopped/);
    served['two'] = contents.two;
    await setUp();
    expect(fetched).toEqual(['one from 0', 'two from 0', 'two from 100']);
    expect(await states()).toEqual([null, null, null, null]);
  });

  it('refuses other bytes than those that are pinned, and keeps the steps before', async () => {
    served['two'] = Buffer.from(contents.two).fill(1, 50, 60);
    await expect(setUp()).rejects.toMatchObject({ code: 'invalid_file', message: expect.stringContaining('two.whl') });
    expect(await states()).toEqual([null, notDone, notDone, notDone]);
    served['two'] = contents.two;
    await setUp();
    expect(fetched).toEqual(['one from 0', 'two from 0', 'two from 0']);
  });

  it('takes no more of a download than the pinned file has', async () => {
    served['two'] = Buffer.concat([contents.two, Buffer.alloc(8_000_000)]);
    await expect(setUp()).rejects.toMatchObject({
      code: 'invalid_file',
      message: expect.stringContaining(`(more than its ${contents.two.length} bytes)`),
    });
    served['two'] = contents.two;
    await setUp();
    expect(fetched).toEqual(['one from 0', 'two from 0', 'two from 0']);
  });

  it('is refused while another is under way, and does not touch what that has done', async () => {
    const { compile } = parts;
    let second: unknown;
    parts = {
      ...parts,
      compile: async (...given) => {
        second = await setUpTensorflow('cpu', () => undefined, signal, { ...parts, compile }).catch((thrown) => thrown);
        return compile(...given);
      },
    };
    await setUp();
    expect(second).toMatchObject({ code: 'refused', message: expect.stringContaining('by another program') });
    expect(fetched).toEqual(['one from 0', 'two from 0']);
    expect(compiled).toBe(1);
    expect(await states()).toEqual([null, null, null, null]);
    await setUp();
  });

  it('ends a check of its files at once when it is cancelled', async () => {
    await setUp();
    const cancelled = new AbortController();
    const checked = checkSetup('cpu', cancelled.signal, parts);
    cancelled.abort();
    await expect(checked).rejects.toMatchObject({ name: 'AbortError' });
    // Not as if there were no compiler.
    await expect(setUpTensorflow('cpu', () => undefined, cancelled.signal, parts)).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await states()).toEqual([null, null, null, null]);
  });

  it.each([
    [
      'missing',
      () => rmSync(installed('tensorflow/libtensorflow_framework.so.2')),
      /libtensorflow_framework\.so\.2 is missing/,
    ],
    [
      'cut',
      () => truncateSync(installed('tensorflow/libtensorflow_framework.so.2'), 12),
      /libtensorflow_framework\.so\.2 has 12 bytes instead of 3000/,
    ],
  ])('says which library is %s, and mends that one alone', async (_what, damage, said) => {
    await setUp();
    damage();
    const probe = await tensorflowBackend.probe();
    expect(probe.available).toBe(false);
    expect(probe.reason).toMatch(/^The installation of libtensorflow is damaged: /);
    expect(probe.reason).toMatch(said);
    expect(probe.reason).toContain('which fetches only what is missing');
    expect(await states()).toEqual([null, expect.stringMatching(said), null, null]);
    fetched = [];
    await setUp();
    expect(fetched).toEqual(['two from 0']);
    // The built addon is tried again, but not built again.
    expect([compiled, attempts.length]).toEqual([1, 2]);
    expect(readFileSync(installed('tensorflow/libtensorflow_framework.so.2'))).toEqual(framework);
  });

  it.each([0, 20])(
    'says that it is damaged where its record was cut after %i bytes, and mends that alone',
    async (bytes) => {
      await setUp();
      const whole = readFileSync(installed('installation.json'), 'utf8');
      truncateSync(installed('installation.json'), bytes);
      expect(await tensorflowBackend.probe()).toMatchObject({
        available: false,
        reason: expect.stringContaining('is damaged: its installation.json cannot be read. Set it up again'),
      });
      await expect(tensorflowBackend.activate()).rejects.toMatchObject({ code: 'refused' });
      // Every process of an engine starts with this path.
      expect(libraryPath()).toBe(process.env['LD_LIBRARY_PATH']);
      await setUp();
      expect([fetched.length, compiled, attempts.length]).toEqual([2, 1, 1]);
      expect(readFileSync(installed('installation.json'), 'utf8')).toBe(whole);
    },
  );

  it('finds changed bytes of the same length, and an addon that is gone', async () => {
    await setUp();
    writeFileSync(installed('tensorflow/libtensorflow_cc.so.2'), Buffer.alloc(5000, 'other'));
    rmSync(installed('addon'), { recursive: true });
    expect(await states()).toEqual([
      'tensorflow/libtensorflow_cc.so.2 is not what was unpacked',
      null,
      'addon/tfjs_binding.node is missing',
      null,
    ]);
    await setUp();
    expect([compiled, attempts.length]).toEqual([2, 2]);
    expect(await states()).toEqual([null, null, null, null]);
  });

  it('still says what is damaged after it could not be mended', async () => {
    await setUp();
    truncateSync(installed('tensorflow/libtensorflow_framework.so.2'), 12);
    const { reason } = await tensorflowBackend.probe();
    served['two'] = contents.two.subarray(0, 100);
    await expect(setUp()).rejects.toMatchObject({ code: 'refused' });
    expect(await tensorflowBackend.probe()).toMatchObject({ available: false, reason });
  });

  it('is no installation, and is tried again, after a repair that ended between two steps', async () => {
    await setUp();
    for (const name of ['tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2'])
      rmSync(installed(name));
    served['two'] = contents.two.subarray(0, 100);
    await expect(setUp()).rejects.toMatchObject({ code: 'refused' });
    served['two'] = contents.two;
    // Put back by hand: each step is whole, but what they have made together was never loaded.
    writeFileSync(installed('tensorflow/libtensorflow_framework.so.2'), framework);
    expect(await states()).toEqual([null, null, null, notDone]);
    expect(await tensorflowBackend.probe()).toMatchObject({
      available: false,
      reason: expect.stringContaining(`damaged: ${notDone}`),
    });
    await setUp();
    expect([compiled, attempts.length]).toEqual([1, 2]);
  });

  it('keeps an installation that it could not mend, and one that does not load is not one', async () => {
    await setUp();
    rmSync(installed('tensorflow/libtensorflow_framework.so.2'));
    server.close();
    await expect(setUp()).rejects.toMatchObject({ code: 'refused' });
    expect(existsSync(installed('installation.json'))).toBe(true);
    rmSync(installationFolder('cpu'), { recursive: true });

    await new Promise<void>((resolve) => {
      server.listen(Number(new URL(process.env['PIP_INDEX_URL'] ?? '').port), '127.0.0.1', resolve);
    });
    const refused = new StudioError('refused', 'The new libtensorflow does not load.');
    parts = { ...parts, attempt: () => Promise.reject(refused) };
    await expect(setUp()).rejects.toBe(refused);
    expect(existsSync(installationFolder('cpu'))).toBe(false);
    expect(await states()).toEqual([null, null, null, notDone]);
  });
});
