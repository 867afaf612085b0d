import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from '../../../src-main/store/open-store.ts';
import { resultManifestSchema } from '../../../src-shared/domain/targets/bundle.ts';
import type { Submission } from '../../../src-shared/domain/targets/target.ts';
import { studyConfigSchema } from '../../../src-shared/studies/index.ts';
import { makeBundle, runIdOf } from '../../slurm/made-bundle.ts';
import { closeBackends, openBackend, realEngine, removeTemporaryFolders, temporaryFolder } from '../support.ts';

const path = process.env['PATH'];
let bin: string;
beforeEach(() => {
  bin = temporaryFolder();
  says('{ "jobs": [] }');
  process.env['PATH'] = `${bin}:${path}`;
});
afterEach(async () => {
  process.env['PATH'] = path;
  await closeBackends();
  removeTemporaryFolders();
});

/** In place of Slurm's own: answers this, or that its controller is gone. */
function says(queue: string | null): void {
  const lines = queue === null ? 'echo "Unable to contact slurm controller" >&2; exit 1' : `cat <<'E'\n${queue}\nE`;
  writeFileSync(join(bin, 'squeue'), `#!/bin/sh\n${lines}\n`);
  chmodSync(join(bin, 'squeue'), 0o755);
}

const part = { name: 'coto-1-g1-0', offset: 0, indices: [0, 1], id: '17' };

const study = {
  ...({ kind: 'ablation', status: 'failed', target: 'lab' } as const),
  config: studyConfigSchema.parse({ kind: 'ablation', run: {}, grid: { coto: [null, {}] }, seeds: [1] }),
  ...{ result: null, provenance: null, error: null, parentId: null, createdAt: 1, finishedAt: null },
};

/** A home with a study that has ended, and its bundle of two runs in the folder of the target: one result is imported. */
async function homeWithBundle() {
  const home = temporaryFolder();
  const first = await openBackend({ home, startEngine: realEngine });
  await first.close();
  const shared = temporaryFolder();
  const bundle = makeBundle(shared, [{}, {}]);
  const store = openStore(join(home, 'studio.sqlite'));
  store.targets.save({ name: 'lab', kind: 'slurm', host: null, parameters: { folder: shared } });
  store.studies.insert({ ...study, id: 'study-1', name: 'A study' });
  store.bundles.save({ id: 'a'.repeat(64), folder: bundle.folder, studyId: 'study-1' });
  const submission: Submission = {
    ...{ id: 'submission-1', studyId: 'study-1', generation: 1, target: 'lab', folder: bundle.folder, status: 'ended' },
    ...{ parts: [part], runs: [], knownFailures: [], createdAt: 1 },
  };
  store.submissions.insert(submission);
  const imported = (index: number) => {
    mkdirSync(join(bundle.folder, 'results', runIdOf(index)), { recursive: true });
    const manifest = resultManifestSchema.parse({
      ...{ format: 1, bundle: 'a'.repeat(64), run: '0'.repeat(32), index, attempt: `attempt-${index}`, host: 'n1' },
      ...{ program: { name: 'coto-studio', version: '0.1.0' }, computeBackend: 'wasm', startedAt: 1, finishedAt: 2 },
      files: [{ path: 'run.json', sha256: 'b'.repeat(64), bytes: 1 }],
    });
    store.bundles.saveResult({ ...manifest, run: runIdOf(index) }, null);
  };
  return { home, shared, bundle, submission, store, imported };
}

it('keeps a bundle that runs, or whose results are not all imported, and says which', async () => {
  const { home, bundle, store, imported } = await homeWithBundle();
  const backend = await openBackend({ home, startEngine: realEngine, takeUpQueue: false });
  const reason = async () => (await backend.handle('targets.bundles', { name: 'lab' })).map(({ keptFor }) => keptFor);
  imported(0);
  expect(await reason()).toEqual(['1 of its 2 runs have no result']);
  mkdirSync(join(bundle.folder, 'results', runIdOf(1)));
  expect(await reason()).toEqual(['1 of its 2 results are not imported']);
  imported(1);
  const job = { job_id: 18, name: part.name, array_job_id: 17, array_task_id: 1, job_state: ['RUNNING'], nodes: 'n1' };
  says(JSON.stringify({ jobs: [job] }));
  expect(await reason()).toEqual(['1 of its runs are waiting or running there']);
  says(null);
  expect(await reason()).toEqual(['the target does not answer now']);
  says('{ "jobs": [] }');
  store.close();
  const wish = { name: 'lab', folders: [bundle.folder] };
  says(JSON.stringify({ jobs: [job] }));
  await expect(backend.handle('targets.clean', wish)).rejects.toThrow(
    /is not removed: 1 of its runs are waiting or running/,
  );
  expect(existsSync(bundle.folder)).toBe(true);
});

it('lists a bundle in which a worker makes and removes folders meanwhile', async () => {
  const { home, bundle, store, imported } = await homeWithBundle();
  imported(0);
  store.close();
  const backend = await openBackend({ home, startEngine: realEngine, takeUpQueue: false });
  let isWorking = true;
  const own = join(bundle.folder, 'results', `${runIdOf(1)}.tmp-attempt`);
  const worker = async () => {
    while (isWorking) {
      await mkdir(join(own, 'adapter', 'history'), { recursive: true });
      await rm(own, { recursive: true, force: true });
    }
  };
  const working = worker();
  try {
    for (let look = 0; look < 200; look++)
      expect(await backend.handle('targets.bundles', { name: 'lab' })).toHaveLength(1);
  } finally {
    isWorking = false;
    await working;
  }
});

it('removes one that nothing needs, with the inputs that no other has, and leaves what is of others', async () => {
  const { home, shared, bundle, store, imported } = await homeWithBundle();
  for (const index of [0, 1]) imported(index);
  store.close();
  // A bundle of another home in the same folder.
  const other = makeBundle(shared, [{}]);
  const common = join(shared, 'blobs/sha256');
  mkdirSync(common, { recursive: true });
  for (const [name, owner] of [
    ['own', bundle.folder],
    ['of-other', other.folder],
  ] as const) {
    writeFileSync(join(common, name), 'twelve bytes');
    mkdirSync(join(owner, 'blobs'), { recursive: true });
    linkSync(join(common, name), join(owner, 'blobs', name));
  }
  // One input is being copied by another process, and another was when its process was killed, two days ago.
  const [copied, left] = ['.new.0123456789ab.tmp', '.old.0123456789ab.tmp'];
  for (const name of [copied, left]) writeFileSync(join(common, name), 'half');
  const before = Date.now() / 1000 - 2 * 24 * 60 * 60;
  utimesSync(join(common, left), before, before);
  const backend = await openBackend({ home, startEngine: realEngine, takeUpQueue: false });
  const [listed, ...rest] = await backend.handle('targets.bundles', { name: 'lab' });
  expect(rest).toEqual([]);
  expect(listed).toMatchObject({ folder: bundle.folder, studyName: 'A study', runs: 2, keptFor: null });
  const wish = { name: 'lab', folders: [bundle.folder], inputs: true };
  const cleaned = await backend.handle('targets.clean', wish);
  const freedBytes = (listed?.bytes ?? 0) + 'twelve bytes'.length + 'half'.length;
  expect(cleaned).toEqual({ removed: [listed], freedBytes });
  expect(existsSync(bundle.folder)).toBe(false);
  expect(existsSync(other.folder)).toBe(true);
  expect(readdirSync(common).sort()).toEqual([copied, 'of-other']);
  expect(await backend.handle('targets.bundles', { name: 'lab' })).toEqual([]);
  await expect(backend.handle('targets.clean', wish)).rejects.toThrow(/There is no bundle of this studio at .* on lab/);
});

it('lists two studies of one design, and removes that which is named', async () => {
  const { home, shared, bundle, submission, store, imported } = await homeWithBundle();
  for (const index of [0, 1]) imported(index);
  // The same id: it is of what is in the bundle.
  const again = makeBundle(shared, [{}, {}]);
  store.studies.insert({ ...study, id: 'study-2', name: 'Once more' });
  store.submissions.insert({ ...submission, id: 'submission-2', studyId: 'study-2', folder: again.folder });
  store.close();
  const backend = await openBackend({ home, startEngine: realEngine, takeUpQueue: false });
  const listed = await backend.handle('targets.bundles', { name: 'lab' });
  expect(listed.map(({ studyName, folder }) => [studyName, folder])).toEqual([
    ['A study', bundle.folder],
    ['Once more', again.folder],
  ]);
  // A busy target is asked for both at once: each answer waits until the other is asked for.
  const asked = temporaryFolder();
  const both = `touch ${asked}/$$; until [ "$(ls ${asked} | wc -l)" -ge 2 ]; do sleep 0.05; done; echo '{ "jobs": [] }'`;
  writeFileSync(join(bin, 'squeue'), `#!/bin/sh\n${both}\n`);
  expect(await backend.handle('targets.bundles', { name: 'lab' })).toEqual(listed);
  says('{ "jobs": [] }');
  await backend.handle('targets.clean', { name: 'lab', folders: [again.folder] });
  expect(existsSync(again.folder)).toBe(false);
  expect(existsSync(bundle.folder)).toBe(true);
});
