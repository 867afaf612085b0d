import { chmodSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from '../../../src-main/store/open-store.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { Submission } from '../../../src-shared/domain/targets/target.ts';
import { studyConfigSchema } from '../../../src-shared/studies/index.ts';
import { closeBackends, openBackend, realEngine, removeTemporaryFolders, temporaryFolder } from '../support.ts';

const path = process.env['PATH'];
let bin: string;
beforeEach(() => {
  bin = temporaryFolder();
  // In place of Slurm's own: notes what it was asked.
  writeFileSync(join(bin, 'scancel'), `#!/bin/sh\necho "$@" >> ${bin}/asked\n`);
  chmodSync(join(bin, 'scancel'), 0o755);
  process.env['PATH'] = `${bin}:${path}`;
});
afterEach(async () => {
  process.env['PATH'] = path;
  await closeBackends();
  removeTemporaryFolders();
});

const run = { node: 'n1', reason: null, step: null, steps: null, state: 'running' } as const;
const submission: Submission = {
  ...{ id: 'submission-1', studyId: 'study-1', generation: 1, target: 'slurm', folder: '/b', status: 'open' },
  parts: [{ name: 'coto-1-g1-0', offset: 0, indices: [0, 1], id: '17' }],
  runs: [0, 1].map((index) => ({ ...run, index, runId: `r${index}`, title: `Run ${index}` })),
  ...{ knownFailures: [], createdAt: 1 },
};

/** A home whose studio was closed while runs of a study go on elsewhere. */
async function homeWithRuns(job: Pick<JobRecord, 'status' | 'error'> = { status: 'paused', error: null }) {
  const home = temporaryFolder();
  const first = await openBackend({ home, startEngine: realEngine });
  await first.close();
  const store = openStore(join(home, 'studio.sqlite'));
  store.studies.insert({
    ...{ id: 'study-1', name: 'A study', kind: 'ablation', status: 'interrupted', target: 'slurm' },
    config: studyConfigSchema.parse({ kind: 'ablation', run: {}, grid: { coto: [null, {}] }, seeds: [1] }),
    ...{ result: null, provenance: null, error: null, parentId: null, createdAt: 1, finishedAt: null },
  });
  store.jobs.insert(
    {
      ...{ id: 'job-1', kind: 'study', title: 'A study', subjectId: 'study-1', parentId: null, ...job },
      ...{ after: [], progress: null, createdAt: 1, startedAt: 1, finishedAt: 2 },
    },
    { studyId: 'study-1' },
  );
  store.submissions.insert(submission);
  store.close();
  return home;
}

const asked = () => (existsSync(join(bin, 'asked')) ? readFileSync(join(bin, 'asked'), 'utf8').trim().split('\n') : []);

it('ends one run, then all, of a study that nobody follows, and keeps it while runs go on', async () => {
  const backend = await openBackend({ home: await homeWithRuns(), startEngine: realEngine, takeUpQueue: false });
  expect((await backend.handle('studies.unfollowed', {})).map(({ id }) => id)).toEqual(['study-1']);
  await expect(backend.handle('studies.remove', { id: 'study-1' })).rejects.toThrow(/are still running at slurm/);
  await expect(backend.handle('studies.cancel', { id: 'study-1', runs: [2] })).rejects.toThrow(
    /neither waits nor runs/,
  );
  await backend.handle('studies.cancel', { id: 'study-1', runs: [1] });
  expect(asked()).toEqual(['--quiet 17_[1]']);
  const states = async () =>
    (await backend.handle('studies.submissions', { id: 'study-1' })).map((one) => [
      one.status,
      ...one.runs.map(({ state }) => state),
    ]);
  expect(await states()).toEqual([['open', 'running', 'cancelled']]);
  await backend.handle('jobs.cancel', { id: 'job-1' });
  expect(asked()).toEqual(['--quiet 17_[1]', '--quiet 17']);
  expect(await states()).toEqual([['cancelled', 'cancelled', 'cancelled']]);
  expect(await backend.handle('jobs.get', { id: 'job-1' })).toMatchObject({ status: 'cancelled' });
  expect(await backend.handle('studies.unfollowed', {})).toEqual([]);
});

it('does not follow by itself what a home from elsewhere names, however often it is opened', async () => {
  const copy = join(temporaryFolder(), 'copy');
  cpSync(await homeWithRuns(), copy, { recursive: true });
  for (const takeUpQueue of [false, true, true]) {
    const backend = await openBackend({ home: copy, startEngine: realEngine, takeUpQueue });
    expect((await backend.handle('studies.unfollowed', {})).map(({ id }) => id)).toEqual(['study-1']);
    expect(await backend.handle('jobs.get', { id: 'job-1' })).toMatchObject({
      status: 'paused',
      error: { message: expect.stringContaining('last used elsewhere') },
    });
    await backend.close();
  }
});

it('does not queue a study of a home from elsewhere for its target, also where the queue is continued', async () => {
  const copy = join(temporaryFolder(), 'copy');
  cpSync(await homeWithRuns({ status: 'queued', error: null }), copy, { recursive: true });
  const store = openStore(join(copy, 'studio.sqlite'));
  const part = { kind: 'train-on-target', title: 'A study on slurm', subjectId: null, parentId: 'job-1' } as const;
  const status = 'queued' as const;
  const waiting = { status, after: [] as string[], progress: null, error: null };
  const times = { createdAt: 1, startedAt: null, finishedAt: null };
  store.jobs.insert({ ...part, ...waiting, ...times, id: 'job-2' }, {});
  const evaluation = { kind: 'evaluate', title: 'Evaluate', subjectId: null, parentId: null } as const;
  store.jobs.insert({ ...evaluation, ...waiting, ...times, id: 'job-3' }, {});
  store.close();
  const backend = await openBackend({ home: copy, startEngine: realEngine });
  expect((await backend.handle('jobs.held', {})).jobs.map(({ id }) => id)).toEqual(['job-3']);
  await backend.handle('jobs.answerHeld', { continue: true });
  await backend.idle();
  const statusOf = async (id: string) => (await backend.handle('jobs.get', { id })).status;
  expect([await statusOf('job-1'), await statusOf('job-2')]).toEqual(['interrupted', 'cancelled']);
  expect((await backend.handle('studies.unfollowed', {})).map(({ id }) => id)).toEqual(['study-1']);
  expect(asked()).toEqual([]);
});

it('still offers what had lost its target before the home was moved', async () => {
  const copy = join(temporaryFolder(), 'copy');
  const lost = { code: 'disconnected', message: 'Slurm does not answer.', hint: null, details: null };
  cpSync(await homeWithRuns({ status: 'failed', error: lost }), copy, { recursive: true });
  for (const takeUpQueue of [false, true]) {
    const backend = await openBackend({ home: copy, startEngine: realEngine, takeUpQueue });
    expect((await backend.handle('studies.unfollowed', {})).map(({ id }) => id)).toEqual(['study-1']);
    expect((await backend.handle('jobs.get', { id: 'job-1' })).status).toBe('interrupted');
    await backend.close();
  }
});
