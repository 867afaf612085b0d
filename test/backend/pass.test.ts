import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineSupervisor } from '../../src-main/backend/engine/engine-supervisor.ts';
import { openHome } from '../../src-main/backend/home/home.ts';
import { jobOf } from '../../src-main/backend/job-kinds.ts';
import { JobQueue } from '../../src-main/backend/jobs/queue.ts';
import { checkReferenced } from '../../src-main/backend/library/adapters/adapter-file.ts';
import { checkModelFiles } from '../../src-main/backend/library/models/model-files.ts';
import { ForeignReader } from '../../src-main/backend/reading/foreign-reader.ts';
import { reportJob } from '../../src-main/backend/reports/report-job.ts';
import { Deletions } from '../../src-main/backend/services/deletions.ts';
import { EventHub } from '../../src-main/backend/services/event-hub.ts';
import { anyPath } from '../../src-main/backend/services/path-access.ts';
import { EventLogs } from '../../src-main/backend/tensorboard/event-logs.ts';
import { tensorboardReader } from '../../src-main/backend/trackers/readers/tensorboard.ts';
import { UsageMeter } from '../../src-main/engine/compute/usage/index.ts';
import { silentLog } from '../../src-main/logging/log.ts';
import { openStore } from '../../src-main/store/open-store.ts';
import { type JobRecord, resultOf } from '../../src-shared/domain/jobs/job.ts';
import {
  closeBackends,
  type OpenBackend,
  openBackend,
  readerInProcess,
  realEngine,
  temporaryFolder,
  tinyConfig,
  tinyIdx,
  tinyResources,
} from './support.ts';

/** The main job on the real engine with a model of two layers: train, merge, prune, study, report, restart. */
describe('a pass over the real engine', () => {
  const resourcesDirectory = tinyResources();
  const dataset = tinyIdx();
  let backend: OpenBackend;
  beforeAll(async () => {
    backend = await openBackend({ startEngine: realEngine, resourcesDirectory });
  });
  afterAll(closeBackends);

  const config = { ...tinyConfig, dataset, max_steps: 6, learning_rate: 0.01, coto: { stage1_ratio: 0.5 } };
  const runIds: string[] = [];

  it('trains two seeds with CoTo and hands their adapters on', async () => {
    for (const seed of [1, 2])
      runIds.push((await backend.handle('runs.create', { config: { ...config, seed } })).run.id);
    await backend.idle();
    for (const id of runIds) {
      const run = await backend.handle('runs.get', { id });
      expect(run.error).toBeNull();
      expect(run).toMatchObject({
        status: 'completed',
        step: 6,
        facts: { totalSteps: 6, groups: ['layers.0', 'layers.1'] },
      });
      const masks = await backend.handle('runs.masks', { id });
      expect(masks).toMatchObject({ firstStep: 0, width: 1, groupCount: 2 });
      expect(masks?.on).toHaveLength(12);
      // Stage 1 ends after three steps: from then on every group is on.
      expect([...(masks?.on.slice(6) ?? [])]).toEqual([1, 1, 1, 1, 1, 1]);
      const losses = await backend.handle('runs.curve', { id, metric: 'loss' });
      expect([...losses.steps]).toEqual([0, 1, 2, 3, 4, 5]);
      expect(losses.mean.every((value) => Number.isFinite(value) && value > 0)).toBe(true);
      const [eventFile = '', ...others] = readdirSync(join(backend.home, run.folder, 'logs'));
      const path = join(backend.home, run.folder, 'logs', eventFile);
      expect(others).toEqual([]);
      const [copy] = await tensorboardReader.read(path, { path, isFolder: false, files: [path] });
      const metrics = await backend.handle('runs.metrics', { id });
      expect(copy?.columns.map(({ name }) => name).sort()).toEqual(metrics.map(({ name }) => name).sort());
      expect(copy?.columns.find(({ name }) => name === 'loss')?.values).toEqual(losses.mean.map(Math.fround));
      expect(copy?.settings).toMatchObject({ max_steps: 6, 'coto.stage1_ratio': 0.5 });
      const adapter = await backend.handle('adapters.get', { id: run.adapterId ?? '' });
      expect(adapter).toMatchObject({
        modelId: 'tiny',
        parameters: { r: 2 },
        layers: [0, 1],
        targetModules: ['q_proj', 'v_proj'],
        modulesToSave: ['classifier'],
        coto: { stage1_ratio: 0.5 },
        origin: { kind: 'run', runId: id, checkpoint: 'last', step: 6 },
        accuracy: run.result?.accuracy,
        // 2 layers × (q, v) × r · (32 + 32), and the head's 10 × 32 + 10.
        parameterCount: 2 * 2 * 2 * 64 + 330,
      });
      expect(existsSync(join(backend.home, adapter.folder, 'adapter_model.safetensors'))).toBe(true);
      expect(existsSync(join(backend.home, adapter.folder, 'optimizer.safetensors'))).toBe(false);
    }
  });

  it('estimates what such a run costs from what they were', async () => {
    const estimate = await backend.handle('runs.estimate', { config });
    const run = await backend.handle('runs.get', { id: runIds[0] ?? '' });
    expect(estimate.trainableParameters).toBe(run.facts?.trainableParameters);
    expect(estimate.totalParameters).toBe(run.facts?.totalParameters);
    expect(estimate.totalSteps).toBe(run.facts?.totalSteps);
    expect(estimate.groups).toEqual(run.facts?.groups);
    expect(estimate.trainExamples).toBe(run.facts?.trainExamples);
    expect(estimate.stepMilliseconds).toBeGreaterThan(0);
    const near = await backend.handle('runs.estimate', { config: { ...config, coto: null } });
    expect(near.stepMilliseconds).toBeGreaterThan(0);
    expect(near.stepOfSameAdapter).toBe(false);
    const other = await backend.handle('runs.estimate', { config: { ...config, dataset: tinyIdx(5, 3) } });
    expect(other.stepMilliseconds).toBeNull();
    expect(other.seconds).toBeNull();
  });

  it('merges them: the matrix has each alone, the merge and the base', async () => {
    const runs = await Promise.all(runIds.map((id) => backend.handle('runs.get', { id })));
    const adapters = runs.map((run) => ({ adapterId: run.adapterId ?? '', weight: 0.5 }));
    const lines = await backend.handle('merge.preflight', { adapters, method: 'factor-average' });
    expect(lines.every((line) => line.verdict === 'ok')).toBe(true);
    const job = await backend.handle('merge.start', { adapters, method: 'factor-average', name: 'Both' });
    await backend.idle();
    const result = resultOf(await backend.handle('jobs.result', { id: job.id }), 'merge');
    expect(result?.matrix.columns.map((column) => column.kind)).toEqual(['own', 'own', 'merged', 'base']);
    expect(result?.matrix.rows[0]?.accuracies.slice(0, 2)).toEqual(runs.map((run) => run.result?.accuracy));
    const merged = await backend.handle('adapters.get', { id: result?.adapterId ?? '' });
    expect(merged).toMatchObject({
      name: 'Both',
      parameters: { r: 2 },
      origin: { kind: 'merge', method: 'factor-average' },
    });
    expect(merged.accuracy).toBe(result?.matrix.rows[0]?.accuracies[2]);
  });

  it('scores an ensemble, and the merge by outputs stores nothing', async () => {
    const adapters = runIds.map((runId) => ({ adapter: { runId }, weight: 1 }));
    const evaluation = await backend.handle('evaluate.start', { model: 'tiny', dataset, adapters });
    const own = await Promise.all(runIds.map((id) => backend.handle('runs.get', { id })));
    const merge = await backend.handle('merge.start', {
      adapters: own.map((run) => ({ adapterId: run.adapterId ?? '', weight: 1 })),
      method: 'ensemble',
    });
    await backend.idle();
    const score = resultOf(await backend.handle('jobs.result', { id: evaluation.id }), 'evaluate');
    expect(score?.examples).toBe(20);
    expect(score?.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(20);
    const merged = resultOf(await backend.handle('jobs.result', { id: merge.id }), 'merge');
    expect(merged?.adapterId).toBeNull();
    expect(merged?.matrix.rows[0]?.accuracies[2]).toBe(score?.accuracy);
  });

  it('prunes one', async () => {
    const run = await backend.handle('runs.get', { id: runIds[0] ?? '' });
    const adapterId = run.adapterId ?? '';
    const job = await backend.handle('prune.start', { adapterId, method: 'every-other-layer', name: 'Half' });
    await backend.idle();
    const result = resultOf(await backend.handle('jobs.result', { id: job.id }), 'prune');
    // One layer of two is left, with rank 2 on q and v.
    expect(result).toMatchObject({ kept: 256, total: 512 });
    const pruned = await backend.handle('adapters.get', { id: result?.adapterId ?? '' });
    expect(pruned).toMatchObject({ layers: [0], origin: { kind: 'prune', method: 'every-other-layer', adapterId } });
    await expect(
      backend.handle('prune.start', { adapterId, method: 'magnitude', parameters: { sparsity: 2 } }),
    ).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('sparsity') });
  });

  it('runs a λ study whose ends are the adapters themselves', async () => {
    const [from, to] = runIds.map((runId) => ({ runId }));
    const { study } = await backend.handle('studies.create', {
      config: {
        kind: 'lambda',
        dataset,
        points: 3,
        pairs: [{ label: 'CoTo', coto: true, from: from ?? { runId: '' }, to: to ?? { runId: '' } }],
      },
    });
    await backend.idle();
    const done = await backend.handle('studies.get', { id: study.id });
    expect(done.error).toBeNull();
    const [first, second] = await Promise.all(runIds.map((id) => backend.handle('runs.get', { id })));
    const points = done.result?.kind === 'interpolation' ? (done.result.pairs[0]?.curves[0]?.points ?? []) : [];
    expect(points.map((point) => point.lambda)).toEqual([0, 0.5, 1]);
    expect([points[0]?.accuracy, points[2]?.accuracy].sort()).toEqual(
      [first?.result?.accuracy, second?.result?.accuracy].sort(),
    );
  });

  it('exports an adapter and imports it again with the same bits', async () => {
    const run = await backend.handle('runs.get', { id: runIds[1] ?? '' });
    const adapter = await backend.handle('adapters.get', { id: run.adapterId ?? '' });
    const target = join(temporaryFolder(), 'exported');
    const { directory } = await backend.handle('adapters.export', { id: adapter.id, directory: target });
    expect(directory).toBe(target);
    const again = await backend.handle('adapters.export', { id: adapter.id, directory: target });
    expect(again.directory.startsWith(target)).toBe(true);
    expect(again.directory).not.toBe(target);
    const imported = await backend.handle('adapters.import', { path: directory });
    expect(imported).toMatchObject({ modelId: 'tiny', sha256: adapter.sha256, origin: { kind: 'import' } });
    const { freedBytes } = await backend.handle('adapters.remove', { id: imported.id });
    expect(freedBytes).toBe(imported.sizeBytes);
    expect(existsSync(join(backend.home, imported.folder))).toBe(false);
  });

  it('goes on after a pause with the very numbers of an unbroken run', async () => {
    const steps = 60;
    const long = { ...config, max_steps: steps, seed: 5 };
    const unbroken = await backend.handle('runs.create', { config: long });
    await backend.idle();
    // The values of its first step are told at once.
    const begun = new Promise<void>((resolve) => {
      backend.on('run.metrics', () => resolve());
    });
    const broken = await backend.handle('runs.create', { config: long });
    await begun;
    await backend.handle('runs.pause', { id: broken.run.id });
    await backend.idle();
    const paused = await backend.handle('runs.get', { id: broken.run.id });
    expect(paused).toMatchObject({ status: 'paused', adapterId: null });
    expect(paused.step).toBeLessThan(steps);
    // The adapter trained so far can be used, and the run still continues.
    const saved = await backend.handle('runs.saveAdapter', { id: broken.run.id });
    expect(saved).toMatchObject({ origin: { runId: broken.run.id, step: paused.step }, archived: false });
    expect(await backend.handle('runs.saveAdapter', { id: broken.run.id })).toEqual(saved);
    expect(await backend.handle('runs.get', { id: broken.run.id })).toMatchObject({
      status: 'paused',
      adapterId: null,
    });
    await backend.handle('runs.resume', { id: broken.run.id });
    await backend.idle();
    const metrics = ['loss', 'grad_norm', 'p', 'eval_loss', 'eval_accuracy'];
    const [one, other] = await Promise.all(
      [unbroken, broken].map(
        async ({ run }) => (await backend.handle('runs.history', { ids: [run.id], metrics }))[0]?.curves,
      ),
    );
    expect(one?.map(({ metric, counts }) => [metric, counts.length])).toEqual([
      ['eval_accuracy', 1],
      ['eval_loss', 1],
      ['grad_norm', steps],
      ['loss', steps],
      ['p', steps],
    ]);
    expect(other).toEqual(one);
    const [masks, otherMasks] = await Promise.all(
      [unbroken, broken].map(({ run }) => backend.handle('runs.masks', { id: run.id })),
    );
    expect(otherMasks).toEqual(masks);
    const hashes = await Promise.all(
      [unbroken, broken].map(async ({ run }) => {
        const { adapterId } = await backend.handle('runs.get', { id: run.id });
        return (await backend.handle('adapters.get', { id: adapterId ?? '' })).sha256;
      }),
    );
    expect(hashes[1]).toBe(hashes[0]);
  });

  it('says which loss stopped being a number', async () => {
    const { run } = await backend.handle('runs.create', {
      config: { ...config, learning_rate: 3e38, max_grad_norm: 0, warmup_steps: 0, max_steps: 20 },
    });
    await backend.idle();
    expect(await backend.handle('runs.get', { id: run.id })).toMatchObject({
      status: 'failed',
      adapterId: null,
      error: { code: 'not_finite' },
    });
  });

  it('adds a whole adapter that no row names, sweeps what is unfinished, and deletes the rest when it is told to', async () => {
    const listed = await backend.handle('adapters.list', {});
    const [first] = listed;
    const folder = (name: string) => join(backend.home, 'adapters', name);
    const [whole, junk] = [folder('adapter-0123456789'), folder('adapter-of-mine')];
    const unfinished = folder('.adapter-0123456780.0123456789ab.tmp');
    for (const path of [whole, unfinished]) cpSync(join(backend.home, first?.folder ?? ''), path, { recursive: true });
    mkdirSync(junk);
    writeFileSync(join(junk, 'adapter_model.safetensors'), 'half');
    await backend.close();
    backend = await openBackend({ startEngine: realEngine, home: backend.home, resourcesDirectory });
    expect([whole, unfinished, junk].map((path) => existsSync(path))).toEqual([true, false, true]);
    const after = await backend.handle('adapters.list', {});
    expect(after).toHaveLength(listed.length + 1);
    const added = after.find(({ id }) => id === 'adapter-0123456789');
    expect(added).toMatchObject({ sha256: first?.sha256, modelId: 'tiny' });
    expect(await backend.handle('app.removeStrays', {})).toEqual({ freedBytes: 4 });
    expect(existsSync(junk)).toBe(false);
    for (const { folder: own } of after) expect(existsSync(join(backend.home, own))).toBe(true);
    await backend.handle('adapters.remove', { id: added?.id ?? '' });
  });

  it('finds everything again after a restart, described from memory', async () => {
    const before = await Promise.all([
      backend.handle('runs.list', {}),
      backend.handle('adapters.list', {}),
      backend.handle('studies.list', {}),
    ]);
    await backend.close();
    backend = await openBackend({ startEngine: realEngine, home: backend.home, resourcesDirectory });
    const after = await Promise.all([
      backend.handle('runs.list', {}),
      backend.handle('adapters.list', {}),
      backend.handle('studies.list', {}),
    ]);
    expect(after).toEqual(before);
    const run = after[0].find((one) => one.status === 'completed');
    const { bytes } = await backend.handle('runs.size', { id: run?.id ?? '' });
    const { freedBytes } = await backend.handle('runs.remove', { id: run?.id ?? '' });
    expect(freedBytes).toBe(bytes);
    expect(freedBytes).toBeGreaterThan(0);
    expect(existsSync(join(backend.home, run?.folder ?? ''))).toBe(false);
  });

  it('writes a report of runs and studies', async () => {
    const runs = (await backend.handle('runs.list', {})).filter((run) => run.status === 'completed');
    const studies = await backend.handle('studies.list', {});
    const { home: path } = backend;
    await backend.close();
    const home = openHome(path);
    const store = openStore(home.database);
    const plotlyScript = join(temporaryFolder(), 'plotly.js');
    writeFileSync(plotlyScript, 'window.Plotly = {};');
    const hub = new EventHub();
    try {
      const services = {
        home,
        store,
        hub,
        log: silentLog,
        plotlyScript,
        resourcesDirectory,
        deletions: new Deletions(hub, silentLog),
        engine: new EngineSupervisor(realEngine),
        reader: new ForeignReader(readerInProcess, silentLog),
        usage: new UsageMeter(null),
        eventLogs: new EventLogs(silentLog),
        paths: anyPath,
      };
      const outcome = await reportJob.execute(
        {
          reportId: 'report-1',
          name: 'A report',
          note: '',
          sections: ['results', 'figures', 'setup', 'configs'],
          runIds: runs.map((run) => run.id),
          studyIds: studies.map((study) => study.id),
        },
        {
          job: jobRecord,
          progress: () => undefined,
          abort: new AbortController().signal,
          pausing: new AbortController().signal,
          runEngine: () => Promise.reject(new Error()),
        },
        {
          ...services,
          queue: new JobQueue(services, {
            jobOf,
            checkAdapters: (references) => checkReferenced(services, references),
            checkBase: (directory) => checkModelFiles(services, directory),
            takeUpQueue: false,
          }),
        },
      );
      expect(outcome.status).toBe('completed');
      const [kept] = store.reports.list();
      expect(kept).toMatchObject({ id: 'report-1', path: 'reports/report-1/report.html' });
      const html = readFileSync(home.absolute(kept?.path ?? ''), 'utf8');
      for (const run of runs) expect(html).toContain(run.id);
    } finally {
      hub.close();
      store.close();
      home.release();
    }
  });
});

const jobRecord: JobRecord = {
  id: 'job-1',
  kind: 'report',
  title: 'A report',
  status: 'running',
  subjectId: 'report-1',
  parentId: null,
  after: [],
  progress: null,
  error: null,
  createdAt: 0,
  startedAt: 0,
  finishedAt: null,
};
