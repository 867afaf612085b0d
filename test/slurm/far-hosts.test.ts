import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { copyByRsync, copyByTar } from '../../src-main/backend/targets/copy-files.ts';
import { remoteRoot, sendBundle } from '../../src-main/backend/targets/remote-bundle.ts';
import { runRemote } from '../../src-main/backend/targets/run-program.ts';
import type { Store } from '../../src-main/store/open-store.ts';
import { until, withoutSlurm } from './cluster.ts';
import {
  engineOf,
  follow,
  type MadeRun,
  makeBundle,
  runIdOf,
  standIn,
  storeWithStudy,
  studyId,
} from './made-bundle.ts';
import { type SshServer, startLoginNode } from './ssh-server.ts';

const reason = withoutSlurm();
if (reason !== null) console.log(`skipped: ${reason}`);

let folder: string;
let server: SshServer;
/** Home folder of the hosts: they share nothing with this machine's but the disk, which the tests look into. */
let home: string;
const stores: Store[] = [];

beforeAll(async () => {
  if (reason !== null) return;
  folder = mkdtempSync(join(tmpdir(), 'coto-far-'));
  home = join(folder, 'another home');
  mkdirSync(home);
  // Its rm can be told to stop halfway.
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const rm = `#!/bin/sh\nif [ "$1" = -rf ] && [ -e '${folder}/rm stops' ]; then exit 1; fi\nexec /bin/rm "$@"\n`;
  writeFileSync(join(bin, 'rm'), rm, { mode: 0o755 });
  server = await startLoginNode({ HOME: `"${home}"`, PATH: `"${bin}:${process.env['PATH']}"` });
});

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

afterAll(async () => {
  if (reason !== null) return;
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const far = () => ({ ...standIn, ssh_config: server.config, folder_there: 'coto far' });
const hosts = () => ({ ...far(), hosts: ['ws1', 'ws2'], runs_per_host: 2 });
const there = (bundle: string, ...inner: string[]): string => join(home, 'coto far', basename(bundle), ...inner);
const statesOf = (runs: readonly { readonly state: string }[]): string => runs.map(({ state }) => state).join();
const place = () => ({ host: 'ws1', config: server.config });

function openStoreWithStudy(): Store {
  const store = storeWithStudy();
  stores.push(store);
  return store;
}

/** A bundle with one input of these words. */
function bundleWith(input: string, runs: readonly MadeRun[]) {
  const bundle = makeBundle(folder, runs);
  const sha256 = createHash('sha256').update(input).digest('hex');
  mkdirSync(join(bundle.folder, 'blobs/sha256'), { recursive: true });
  writeFileSync(join(bundle.folder, 'blobs/sha256', sha256), input);
  const file = { path: 'base/weights', sha256, bytes: input.length };
  const named = { role: 'model', id: 'm', name: 'm', fingerprint: null, source: null, main: 'base' };
  const described = { ...named, sha256, bytes: input.length, place: { kind: 'blobs' }, files: [file] };
  writeFileSync(join(bundle.folder, 'inputs.json'), JSON.stringify({ format: 1, inputs: [described] }));
  return { ...bundle, blob: join('blobs/sha256', sha256) };
}

const sent = (bundle: { readonly folder: string }) => async () => {
  const told: unknown[] = [];
  const watch = { signal: new AbortController().signal, onSent: (...words: unknown[]) => told.push(words) };
  await sendBundle(place(), await remoteRoot(place(), 'coto far'), bundle.folder, watch);
  return told;
};

describe.skipIf(reason !== null)('hosts that share no folder', () => {
  it('get what they lack by its SHA-256, and a torn copy of it does not count', async () => {
    const [first, second, changed] = ['a base', 'a base', 'another base'].map((input) => bundleWith(input, [{}]));
    if (first === undefined || second === undefined || changed === undefined) throw new Error('three were made');
    expect(await sent(first)()).toEqual([
      ['ws1', 0, 6],
      ['ws1', 6, 6],
    ]);
    expect(readFileSync(there(first.folder, first.blob), 'utf8')).toBe('a base');
    // The base is there, for all bundles; and a bundle that is there is not written again.
    expect(await sent(second)()).toEqual([]);
    expect(readFileSync(there(second.folder, second.blob), 'utf8')).toBe('a base');
    expect(await sent(second)()).toEqual([]);
    writeFileSync(join(changed.folder, changed.blob), 'another basa');
    await expect(sent(changed)()).rejects.toMatchObject({
      code: 'disconnected',
      message: expect.stringMatching(/SHA-256/),
    });
    expect(existsSync(there(changed.folder, 'study.json'))).toBe(false);
    expect(readdirSync(there(changed.folder, 'blobs/sha256'))).toEqual([]);
    expect(readdirSync(join(home, 'coto far/blobs/incoming'))).toEqual([]);
  });

  it('keep the inputs of a bundle that is being sent while others are removed', async () => {
    const [first, second] = ['known there', 'new there'].map((input) => bundleWith(input, [{}]));
    if (first === undefined || second === undefined) throw new Error('two were made');
    await sent(first)();
    await engineOf(hosts(), { kind: 'ssh' }).remove?.(first.folder);
    // The second bundle has the input of the first as well, which no bundle has there now.
    copyFileSync(join(first.folder, first.blob), join(second.folder, first.blob));
    const [own, other] = [first, second].map(({ folder: at }) =>
      JSON.parse(readFileSync(join(at, 'inputs.json'), 'utf8')),
    );
    other.inputs[0].files.push(own.inputs[0].files[0]);
    writeFileSync(join(second.folder, 'inputs.json'), JSON.stringify(other));
    const common = join(home, 'coto far/blobs/sha256');
    let told = 0;
    // Simulates another home's actions meanwhile.
    const onSent = () => {
      told++;
      execFileSync('find', [common, '-type', 'f', '-links', '1', '-delete']);
    };
    const watch = { signal: new AbortController().signal, onSent };
    await sendBundle(place(), await remoteRoot(place(), 'coto far'), second.folder, watch);
    expect(told).toBe(2);
    for (const { blob } of [first, second])
      expect(readFileSync(there(second.folder, blob), 'utf8')).toBe(readFileSync(join(second.folder, blob), 'utf8'));
  });

  it('get a bundle again of which a removal has left a part', async () => {
    const bundle = bundleWith('a base', [{}]);
    await sent(bundle)();
    const engine = engineOf({ ...hosts(), hosts: ['ws1'] }, { kind: 'ssh' });
    writeFileSync(join(folder, 'rm stops'), '');
    await expect(engine.remove?.(bundle.folder)).rejects.toThrow(/could not do it/);
    rmSync(join(folder, 'rm stops'));
    rmSync(there(bundle.folder, 'jobs'), { recursive: true });
    await sent(bundle)();
    expect(readdirSync(there(bundle.folder, 'jobs'))).toHaveLength(1);
  });

  it('lose a bundle that is removed, and inputs that no other bundle there has', async () => {
    const [first, second] = ['one base', 'two bases'].map((input) => bundleWith(input, [{}]));
    if (first === undefined || second === undefined) throw new Error('two were made');
    for (const bundle of [first, second]) await sent(bundle)();
    const engine = engineOf(hosts(), { kind: 'ssh' });
    await engine.remove?.(first.folder);
    expect(existsSync(there(first.folder))).toBe(false);
    const common = (bundle: typeof first) => join(home, 'coto far', bundle.blob);
    expect(existsSync(common(first))).toBe(true);
    await engine.removeInputs?.();
    expect([first, second].map((bundle) => existsSync(common(bundle)))).toEqual([false, true]);
    expect(existsSync(there(second.folder, second.blob))).toBe(true);
  });

  it('train the runs, and what comes of them is copied back: steps, errors in their words, results that are whole', async () => {
    const bundle = bundleWith('a base', [{ steps: 2, waitFor: 'go' }, {}, { failsWithout: 'cure' }]);
    const store = openStoreWithStudy();
    const engine = engineOf(hosts(), { kind: 'ssh' });
    const first = await follow(bundle, store, hosts(), { engine });
    await until(() => statesOf(first.latest()) === 'running,done,failed' && first.latest()[0]?.step === 1);
    expect(first.latest()[2]?.reason).toBe('The run run00002 has a loss of NaN.');
    first.stop(new Error('the app was closed'));
    await first.runs.catch(() => {});
    // Another studio, which has seen nothing yet.
    const second = await follow(bundle, store, hosts(), { engine: engineOf(hosts(), { kind: 'ssh' }) });
    writeFileSync(there(bundle.folder, 'go'), '');
    expect(statesOf(await second.runs)).toBe('done,done,failed');
    expect(bundle.results().filter((name) => !name.includes('.failed-'))).toEqual([runIdOf(0), runIdOf(1)]);
    expect(readdirSync(join(bundle.folder, 'results', runIdOf(0))).sort()).toEqual(['manifest.json', 'progress.jsonl']);
    expect(readdirSync(bundle.folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('keep a result that was refused out of the way of another attempt', async () => {
    const bundle = bundleWith('a base', [{ tears: 'whole' }]);
    const engine = engineOf(hosts(), { kind: 'ssh' });
    await (await follow(bundle, openStoreWithStudy(), hosts(), { engine })).runs;
    // The file arrives unchanged, and the import reports its problem.
    expect(readFileSync(join(bundle.folder, 'results', runIdOf(0), 'progress.jsonl'), 'utf8')).toMatch(/torn$/);
    await engine.setAside?.(bundle.folder, runIdOf(0));
    expect(readdirSync(there(bundle.folder, 'results'))).toEqual([expect.stringMatching(/^run00000\.refused-/)]);
  });

  it('end one run, and all', async () => {
    const bundle = bundleWith('a base', [{ waitFor: 'never' }, { waitFor: 'never' }]);
    const store = openStoreWithStudy();
    const engine = engineOf(hosts(), { kind: 'ssh' });
    const followed = await follow(bundle, store, hosts(), { engine });
    await until(() => statesOf(followed.latest()) === 'running,running');
    await engine.cancel(bundle.folder, store.submissions.list(studyId)[0]?.parts ?? [], [0]);
    await until(() => statesOf(followed.latest()) === 'cancelled,running');
    await engine.cancel(bundle.folder, store.submissions.list(studyId)[0]?.parts ?? []);
    await until(() => statesOf(followed.latest()) === 'cancelled,cancelled');
    await followed.runs;
    const still = await runRemote(place())(['pgrep', '-f', there(bundle.folder)]);
    expect(still.stdout.trim()).toBe('');
  });

  it('are a Slurm behind its login node as well, and are probed by a folder of theirs', async () => {
    const bundle = bundleWith('a base', [{}, {}]);
    const engine = engineOf(far(), { host: 'login1' });
    const details = { engine, target: 'slurm:login1' };
    expect(statesOf(await (await follow(bundle, openStoreWithStudy(), far(), details)).runs)).toBe('done,done');
    expect(bundle.results()).toEqual([runIdOf(0), runIdOf(1)]);
    expect((await engine.probe()).problems).toEqual([]);
    expect(() => engineOf(far())).toThrow(/this target names none/);
    // Out of reach, nothing is concluded.
    expect(await engineOf({ ...hosts(), hosts: ['gone'] }, { kind: 'ssh' }).fetch?.(bundle.folder)).toBe(false);
  });

  it.each([
    ['rsync', copyByRsync],
    ['tar', copyByTar],
  ] as const)('are copied to and from by %s, whatever a file is called', async (_name, copy) => {
    const here = mkdtempSync(join(folder, 'it is "here" '));
    const names = ["it's $(a) file", 'in/a folder', '-rf', 'two\nlines'];
    mkdirSync(join(here, 'in'));
    for (const name of names) writeFileSync(join(here, name), name);
    const root = join(home, `copied ${_name}`);
    const signal = new AbortController().signal;
    await copy(place(), 'to', { here, there: root, paths: names }, signal);
    const back = mkdtempSync(join(folder, 'back '));
    await copy(place(), 'from', { here: back, there: root, paths: names.slice(0, 3) }, signal);
    expect(names.map((name) => readFileSync(join(root, name), 'utf8'))).toEqual(names);
    expect(names.slice(0, 3).map((name) => readFileSync(join(back, name), 'utf8'))).toEqual(names.slice(0, 3));
    const missing = { here: back, there: root, paths: ['nowhere'] };
    await expect(copy(place(), 'from', missing, signal)).rejects.toMatchObject({ code: 'disconnected' });
    const closed = { host: 'gone', config: server.config };
    await expect(copy(closed, 'to', { here, there: root, paths: names }, signal)).rejects.toMatchObject({
      message: expect.stringMatching(/to or from gone: .*refused/i),
    });
  });
});
