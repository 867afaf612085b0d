import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { program } from '../../src-main/backend/bundles/bundle-files.ts';
import { latestRuns } from '../../src-main/backend/targets/follow-submissions.ts';
import type { Store } from '../../src-main/store/open-store.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { type Cluster, processesOf, startCluster, until, withoutSlurm } from './cluster.ts';
import { engineOf, follow, makeBundle, noOpWorker, runIdOf, standIn, storeWithStudy, studyId } from './made-bundle.ts';

const reason = withoutSlurm();
if (reason !== null) console.log(`skipped: ${reason}`);

let cluster: Cluster;
let folder: string;
const stores: Store[] = [];

beforeAll(async () => {
  if (reason !== null) return;
  cluster = await startCluster({ maxArraySize: 101 });
  folder = join(cluster.folder, 'shared');
  mkdirSync(folder);
});

afterEach(() => {
  for (const store of stores.splice(0)) store.close();
});

afterAll(async () => {
  if (reason !== null) return;
  await cluster.stop();
  expect(processesOf(cluster.folder)).toEqual([]);
});

function openStoreWithStudy(file?: string): Store {
  const store = storeWithStudy(file);
  stores.push(store);
  return store;
}

const statesOf = (runs: readonly { readonly state: string }[]): string[] => runs.map(({ state }) => state);
/** Before the first poll there is nothing to see. */
const allRun = (runs: readonly { readonly state: string }[]): boolean =>
  runs.length > 0 && runs.every(({ state }) => state === 'running');
const arrays = (): number =>
  new Set(cluster.run('squeue', '--noheader', '--states=all', '--format=%F').trim().split('\n')).size;

describe.skipIf(reason !== null)('a study on Slurm', () => {
  it('is followed live to its end: states and nodes, steps, output', async () => {
    const bundle = makeBundle(folder, [{ steps: 3, waitFor: 'go' }, { steps: 2 }]);
    const store = openStoreWithStudy();
    const followed = await follow(bundle, store);
    await until(() => followed.latest()[0]?.step === 1 && followed.latest()[1]?.state === 'done');
    expect(followed.latest()[0]).toMatchObject({ state: 'running', node: expect.stringMatching(/^n[12]$/), steps: 3 });
    bundle.release('go');
    expect(statesOf(await followed.runs)).toEqual(['done', 'done']);
    const [submission] = store.submissions.list(studyId);
    expect(submission).toMatchObject({ generation: 1, status: 'ended', folder: bundle.folder });
    expect(readFileSync(join(bundle.folder, 'logs', `${submission?.parts[0]?.name}_0.out`), 'utf8')).toContain(
      'run run00000 on n',
    );
    expect(bundle.results()).toEqual([runIdOf(0), runIdOf(1)]);
  });

  it('goes on after the app was killed: the array is looked up by its name, and submitted once', async () => {
    const bundle = makeBundle(folder, [{ waitFor: 'go' }, {}]);
    const file = join(folder, 'killed.sqlite');
    const before = arrays();
    const store = openStoreWithStudy(file);
    const first = await follow(bundle, store);
    await until(() => first.latest()[1]?.state === 'done');
    first.stop(new StudioError('disconnected', 'the app was closed'));
    await expect(first.runs).rejects.toThrow('the app was closed');
    // Simulates a kill between the answer of sbatch and its record.
    const [submission] = store.submissions.list(studyId);
    store.submissions.saveParts(submission?.id ?? '', submission?.parts.map((part) => ({ ...part, id: null })) ?? []);
    store.close();
    stores.length = 0;

    const again = openStoreWithStudy(file);
    const second = await follow(bundle, again);
    await until(() => second.latest()[0]?.state === 'running');
    bundle.release('go');
    expect(statesOf(await second.runs)).toEqual(['done', 'done']);
    expect(again.submissions.list(studyId)).toHaveLength(1);
    expect(arrays()).toBe(before + 1);
  });

  it('submits runs again, as a new array of only these, whose worker was killed', async () => {
    const bundle = makeBundle(folder, [{ waitFor: 'go' }, {}, { waitFor: 'go' }]);
    const store = openStoreWithStudy();
    const followed = await follow(bundle, store);
    await until(() => bundle.pidOf(runIdOf(2)) !== null);
    process.kill(bundle.pidOf(runIdOf(2)) ?? 0, 'SIGKILL');
    await until(() => store.submissions.list(studyId).length === 1 && followed.latest()[2]?.state !== 'running');
    bundle.release('go');
    expect(statesOf(await followed.runs)).toEqual(['done', 'done', 'done']);
    const [first, second] = store.submissions.list(studyId);
    expect(first?.runs[2]).toMatchObject({ state: 'lost', reason: expect.stringContaining('FAILED') });
    expect(second?.parts.flatMap(({ indices }) => indices)).toEqual([2]);
    // Leftovers of the killed worker do not count.
    expect(bundle.results().filter((name) => !name.includes('.tmp-'))).toEqual([0, 1, 2].map(runIdOf));
  });

  it('says in the words of the worker why a run failed, and repeats it when asked, in the next generation', async () => {
    const bundle = makeBundle(folder, [{}, { failsWithout: 'cure' }]);
    const store = openStoreWithStudy();
    const ended = await (await follow(bundle, store)).runs;
    expect(ended[1]).toMatchObject({ state: 'failed', reason: 'The run run00001 has a loss of NaN.' });
    // An error of its own is not tried again unasked.
    expect(store.submissions.list(studyId)).toHaveLength(1);
    bundle.release('cure');
    expect(statesOf(await (await follow(bundle, store)).runs)).toEqual(['done', 'done']);
    expect(store.submissions.list(studyId).map(({ parts }) => parts.flatMap(({ indices }) => indices))).toEqual([
      [0, 1],
      [1],
    ]);
  });

  it('cancels one run, and all', async () => {
    const bundle = makeBundle(folder, [{ waitFor: 'never' }, { waitFor: 'never' }, { waitFor: 'never' }]);
    const store = openStoreWithStudy();
    const followed = await follow(bundle, store);
    await until(() => allRun(followed.latest()));
    const parts = store.submissions.list(studyId)[0]?.parts ?? [];
    await engineOf(standIn).cancel(bundle.folder, parts, [0]);
    await until(() => followed.latest()[0]?.state === 'cancelled');
    expect(statesOf(followed.latest().slice(1))).toEqual(['running', 'running']);
    followed.stop(new StudioError('cancelled', 'It was cancelled.'));
    await expect(followed.runs).rejects.toMatchObject({ code: 'cancelled' });
    expect(statesOf(latestRuns(store.submissions.list(studyId)))).toEqual(['cancelled', 'cancelled', 'cancelled']);
    await until(() => cluster.run('squeue', '--noheader', `--name=${parts[0]?.name}`).trim() === '');
  });

  it('takes 200 runs in arrays of the size that the scheduler takes, each once', async () => {
    const bundle = makeBundle(
      folder,
      Array.from({ length: 200 }, () => ({})),
    );
    const store = openStoreWithStudy();
    const runs = await (await follow(bundle, store, noOpWorker(folder))).runs;
    expect(statesOf(runs).every((state) => state === 'done')).toBe(true);
    const ran = readFileSync(join(bundle.folder, 'ran'), 'utf8').trim().split('\n').map(Number);
    expect(ran.sort((one, other) => one - other)).toEqual(runs.map(({ index }) => index));
    expect(store.submissions.list(studyId)[0]?.parts.map(({ offset, indices }) => [offset, indices.length])).toEqual([
      [0, 101],
      [101, 99],
    ]);
  });

  it('says what Slurm said where it does not take the runs, and leaves no submission that waits', async () => {
    const bundle = makeBundle(folder, [{}]);
    const store = openStoreWithStudy();
    const followed = await follow(bundle, store, { ...standIn, partition: 'nowhere' });
    await expect(followed.runs).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/did not take the runs: .*[Ii]nvalid partition/),
      hint: expect.stringContaining('partition'),
    });
    expect(statesOf(await (await follow(bundle, store)).runs)).toEqual(['done']);
  });

  it('is probed: version, nodes, GPUs, the shared folder, coto on a node, the clock', async () => {
    const place = join(folder, 'probed');
    const probe = await engineOf({ ...standIn, folder: place, gpus: 1 }).probe();
    expect(probe.problems).toEqual([]);
    expect(Object.fromEntries(probe.facts.map(({ label, value }) => [label, value]))).toMatchObject({
      Slurm: expect.stringMatching(/^\d+\.\d+/),
      // A node that has just ended a run is another kind for a while.
      Nodes: expect.stringMatching(/^(2|1 \w+ \(8 CPUs, 4\.0 GB, gpu:2\); 1) \w+ \(8 CPUs, 4\.0 GB, gpu:2\)$/),
      'coto there': program.version,
      'Shared folder': place,
      Clock: expect.stringMatching(/^\+?-?\d s$/),
    });
    const without = await engineOf({ ...standIn, folder: place, command: ['/nowhere/coto'] }).probe();
    expect(without.problems).toEqual([
      {
        message: expect.stringMatching(/^There is no coto command on .*\/nowhere\/coto/),
        hint: expect.stringContaining('--set command='),
      },
    ]);
    expect(existsSync(place)).toBe(true);
    rmSync(place, { recursive: true });
  });

  it('survives kill -9 of the controller while runs go on', async () => {
    const bundle = makeBundle(folder, [{ waitFor: 'go' }, { waitFor: 'later' }]);
    const store = openStoreWithStudy();
    const followed = await follow(bundle, store);
    await until(() => allRun(followed.latest()));
    await cluster.saved(store.submissions.list(studyId)[0]?.parts[0]?.id ?? '');
    await cluster.killController();
    await until(() => !followed.answers());
    // Results are the truth also without it.
    bundle.release('go');
    await until(() => followed.latest()[0]?.state === 'done');
    expect(followed.latest()[1]?.state).toBe('running');
    await cluster.startController();
    await until(() => followed.answers());
    bundle.release('later');
    expect(statesOf(await followed.runs)).toEqual(['done', 'done']);
  });
});
