import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ResultFetcher } from '../../../src-main/backend/targets/fetch-results.ts';
import { removeTemporaryFolders, temporaryFolder } from '../support.ts';

const run = 'a'.repeat(32);
const { PATH = '' } = process.env;
let bundle: string;
let host: string;

/** The host is another folder of this machine: its ssh runs the command by the shell, as the far end of a real one does. */
beforeEach(() => {
  const bin = temporaryFolder();
  const ssh = join(bin, 'ssh');
  writeFileSync(ssh, '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift 2\nexec sh -c "$*"\n');
  chmodSync(ssh, 0o755);
  // Without rsync the copies go through tar.
  const rsync = join(bin, 'rsync');
  writeFileSync(rsync, '#!/bin/sh\nexit 1\n');
  chmodSync(rsync, 0o755);
  process.env['PATH'] = `${bin}${delimiter}${PATH}`;
  [bundle, host] = [join(temporaryFolder(), 'bundle'), join(temporaryFolder(), 'bundle')];
  for (const folder of [bundle, host]) {
    mkdirSync(join(folder, 'logs'), { recursive: true });
    mkdirSync(join(folder, 'results'));
  }
  writeFileSync(
    join(bundle, 'study.json'),
    JSON.stringify({ id: 'b', jobs: [{ index: 0, runId: run, title: 'One' }] }),
  );
});
afterEach(() => {
  process.env['PATH'] = PATH;
  removeTemporaryFolders();
});

const look = () => new ResultFetcher({ host: 'node1', config: '' }, host, bundle).look();

/** Writes a result on the host, whose manifest names its files with these sizes. */
function writeResult(files: Readonly<Record<string, string>>, sizes: Readonly<Record<string, number>> = {}): string {
  const folder = join(host, 'results', run);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    const size = sizes[path];
    if (size !== undefined) truncateSync(join(folder, path), size);
  }
  const named = Object.entries(files).map(([path, text]) => ({
    ...{ path, bytes: sizes[path] ?? text.length },
    sha256: createHash('sha256').update(text).digest('hex'),
  }));
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ files: named }));
  return folder;
}

const namesIn = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();

describe.runIf(process.platform !== 'win32')('files sent by a host', () => {
  it('is taken by name: logs of runs, without the bits that let a file run as its owner', async () => {
    const own = ['coto-1-g1_0.out', 'coto-1-g1_0.host', 'coto-1-g1_0.pid', 'coto-1-g1_0.ended'];
    const others = ['.bashrc', 'coto.parallel', 'coto-1-g1.joblog', 'coto-1-g1.list', 'coto-1-g1.sh', 'coto-1-g1_0.sh'];
    for (const name of [...own, ...others]) {
      writeFileSync(join(host, 'logs', name), 'words');
      chmodSync(join(host, 'logs', name), 0o4755);
    }
    await look();
    expect(namesIn(join(bundle, 'logs'))).toEqual([...own].sort());
    for (const name of own) expect(statSync(join(bundle, 'logs', name)).mode & 0o7777).toBe(0o600);
  });

  it('files of a result are those that its manifest names and a result has', async () => {
    const folder = writeResult({
      'run.json': '{}',
      'adapter/adapter_model.safetensors': 'tensors',
      'adapter/training_args.bin': 'a pickle',
      'adapter/.bashrc': 'a program',
    });
    writeFileSync(join(folder, 'unnamed.py'), 'a program');
    chmodSync(join(folder, 'run.json'), 0o4755);
    await look();
    const kept = join(bundle, 'results', run);
    expect(namesIn(kept)).toEqual(['adapter', 'adapter/adapter_model.safetensors', 'manifest.json', 'run.json']);
    expect(statSync(join(kept, 'run.json')).mode & 0o7777).toBe(0o600);
    expect(readFileSync(join(kept, 'adapter/adapter_model.safetensors'), 'utf8')).toBe('tensors');
  });

  it('fetches only the manifest of a result larger than any of the bundle, and the import rejects it', async () => {
    writeResult({ 'run.json': '{}', 'history/000000.json.gz': '' }, { 'history/000000.json.gz': 3 * 2 ** 30 });
    const fetcher = new ResultFetcher({ host: 'node1', config: '' }, host, bundle);
    await fetcher.look();
    await fetcher.look();
    expect(namesIn(join(bundle, 'results', run))).toEqual(['manifest.json']);
  });

  it('ends at the size that the logs of its runs can have', async () => {
    const log = join(host, 'logs', 'coto-1-g1_0.out');
    writeFileSync(log, Buffer.alloc(80 * 2 ** 20));
    await expect(look()).rejects.toMatchObject({
      code: 'refused',
      message: 'node1 sent more than the 64.3 MiB that the files of this bundle can have.',
    });
    expect(namesIn(join(bundle, 'logs'))).toEqual([]);
    expect(readdirSync(bundle).filter((name) => name.includes('fetched'))).toEqual([]);
  });

  it('in place of a log is no link to a file of this machine', async () => {
    const log = join(host, 'logs', 'coto-1-g1_0.out');
    symlinkSync('/etc/hostname', log);
    execFileSync('mkfifo', [join(host, 'logs', 'coto-1-g1_0.host')]);
    await look();
    expect(existsSync(join(bundle, 'logs', 'coto-1-g1_0.out'))).toBe(false);
    expect(namesIn(join(bundle, 'logs'))).toEqual([]);
  });
});
