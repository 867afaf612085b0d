import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../src-main/store/open-store.ts';
import { packBits, RunHistoryRepository, unpackBits } from '../../src-main/store/repositories/run-history.ts';
import type { AdapterRecord } from '../../src-shared/domain/adapters/adapter.ts';
import type { Provenance } from '../../src-shared/domain/adapters/provenance.ts';
import type { JobRecord } from '../../src-shared/domain/jobs/job.ts';
import type { StudyRecord } from '../../src-shared/domain/studies/study.ts';
import { studyConfigSchema } from '../../src-shared/studies/index.ts';
import { datasetRecord, modelRecord, runRecord as run } from '../backend/records.ts';
import { column, plain } from '../src-shared/curves/make-curve.ts';

let store: Store;
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coto-store-'));
  file = join(folder, 'studio.sqlite');
  store = openStore(file);
  store.models.save(modelRecord);
  store.datasets.save(datasetRecord);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

describe('samples of a run', () => {
  it('come back as they were kept, up to the step that a resumed run goes on from', () => {
    store.runs.insert(run);
    const image = {
      kind: 'image',
      truth: 'cat',
      height: 1,
      width: 2,
      channels: 1,
      pixels: Uint8Array.of(7, 9),
    } as const;
    const prompt = { kind: 'prompt', text: 'One', reference: null } as const;
    store.samples.saveInputs(run.id, [prompt, image, prompt]);
    store.samples.saveInputs(run.id, [image, prompt]);
    const sampled = (step: number) => ({
      step,
      milliseconds: 1.5,
      answers: [{ text: `at ${step}`, probability: 0.5, isRight: true }],
    });
    for (const step of [0, 20, 10]) store.samples.saveAnswers(run.id, sampled(step));
    expect(store.samples.find(run.id)).toEqual({ inputs: [image, prompt], steps: [0, 10, 20].map(sampled) });
    store.samples.truncate(run.id, 10);
    expect(store.samples.find(run.id).steps).toEqual([0, 10].map(sampled));
  });
});

describe('models, datasets, settings', () => {
  it('below the home go with it to another folder', () => {
    const own = { ...modelRecord, id: 'own', path: join(folder, 'models', 'own') };
    store.models.save(own);
    expect(store.models.findByPath(own.path)).toEqual(own);
    expect(store.models.paths()).toEqual([modelRecord.path, own.path]);
    store.close();
    const moved = mkdtempSync(join(tmpdir(), 'coto-store-'));
    renameSync(file, join(moved, 'studio.sqlite'));
    store = openStore(join(moved, 'studio.sqlite'));
    expect(store.models.find('own')?.path).toBe(join(moved, 'models', 'own'));
    expect(store.models.find(modelRecord.id)).toEqual(modelRecord);
    store.close();
    rmSync(moved, { recursive: true });
    store = openStore(file);
  });

  it('come back as they were kept', () => {
    expect(store.models.find(modelRecord.id)).toEqual(modelRecord);
    expect(store.models.findByPath(modelRecord.path)).toEqual(modelRecord);
    expect(store.datasets.list()).toEqual([datasetRecord]);
    store.models.save({ ...modelRecord, name: 'renamed' });
    expect(store.models.list().map((model) => model.name)).toEqual(['renamed']);
    expect(store.models.find('toString')).toBeNull();
  });

  it('are set one at a time; a value that is no longer allowed gives way to the default', () => {
    expect(store.settings.get()).toEqual({
      theme: 'system',
      compute_backend: 'auto',
      threads: null,
      simple_forms: false,
      forgetting: true,
      queue_paused: false,
      tour_shown: false,
    });
    store.settings.set({ theme: 'dark' });
    store.settings.set({ compute_backend: 'wasm' });
    expect(store.settings.get()).toEqual({
      theme: 'dark',
      compute_backend: 'wasm',
      threads: null,
      simple_forms: false,
      forgetting: true,
      queue_paused: false,
      tour_shown: false,
    });
  });

  it('remember a description only as long as the stamp is the same', () => {
    store.descriptions.save('model', '/m', 'one', { a: 1 });
    expect(store.descriptions.find('model', '/m', 'one')).toEqual({ a: 1 });
    expect(store.descriptions.find('model', '/m', 'two')).toBeNull();
    expect(store.descriptions.find('dataset', '/m', 'one')).toBeNull();
  });
});

describe('runs', () => {
  beforeEach(() => store.runs.insert(run));

  it('come back as they were kept, and change field by field', () => {
    expect(store.runs.find('run-1')).toEqual(run);
    store.runs.update('run-1', {
      status: 'failed',
      error: { code: 'not_finite', message: 'NaN', hint: null },
      name: undefined,
    });
    expect(store.runs.find('run-1')).toEqual({
      ...run,
      status: 'failed',
      error: { code: 'not_finite', message: 'NaN', hint: null },
    });
    expect(store.runs.list(true)).toEqual([]);
    expect(store.runs.list(false)).toHaveLength(1);
    expect(store.runs.update('run-2', { step: 1 })).toBeNull();
  });

  it('have one last and one best checkpoint, and as many others as were saved', () => {
    const checkpoint = { accuracy: null, resumable: true };
    store.runs.saveCheckpoint('run-1', { ...checkpoint, kind: 'last', step: 5, folder: 'runs/run-1/checkpoints/last' });
    store.runs.saveCheckpoint('run-1', {
      ...checkpoint,
      kind: 'step',
      step: 6,
      folder: 'runs/run-1/checkpoints/step-6',
    });
    store.runs.saveCheckpoint('run-1', {
      ...checkpoint,
      kind: 'step',
      step: 8,
      folder: 'runs/run-1/checkpoints/step-8',
    });
    store.runs.saveCheckpoint('run-1', { ...checkpoint, kind: 'last', step: 9, folder: 'runs/run-1/checkpoints/last' });
    const steps = () => store.runs.find('run-1')?.checkpoints.map((one) => `${one.kind} ${one.step}`);
    expect(steps()).toEqual(['step 6', 'step 8', 'last 9']);
    expect(store.runs.list(false)[0]?.checkpoints).toHaveLength(3);
    store.runs.removeCheckpointsAfter('run-1', 7);
    expect(steps()).toEqual(['step 6']);
  });

  const whole = { from: null, to: null, buckets: 1000 };
  const steps = (name: string) => [...store.history.curve('run-1', name, whole).steps];

  it('keep metrics, and a step that is taken again replaces its values', () => {
    store.history.insertMetrics('run-1', [
      column('loss', [0, 1], [2, 1.5]),
      column('grad_norm/layers.0', [0], [1e-30]),
      column('grad_norm', [0], [3]),
    ]);
    store.history.insertMetrics('run-1', [column('loss', [1], [1.25])]);
    expect(plain(store.history.curve('run-1', 'loss', whole))).toEqual({
      metric: 'loss',
      width: 1,
      counts: [1, 1],
      steps: [0, 1],
      ends: [0, 1],
      min: [2, 1.25],
      max: [2, 1.25],
      mean: [2, 1.25],
    });
    expect(store.history.metricNames('run-1')).toEqual(['grad_norm', 'grad_norm/layers.0', 'loss']);
    expect(store.history.metrics('run-1')).toEqual([
      { name: 'grad_norm', count: 1, firstStep: 0, lastStep: 0, lastValue: 3 },
      { name: 'grad_norm/layers.0', count: 1, firstStep: 0, lastStep: 0, lastValue: 1e-30 },
      { name: 'loss', count: 2, firstStep: 0, lastStep: 1, lastValue: 1.25 },
    ]);
    expect(store.history.metricNames('run-2')).toEqual([]);
    expect(store.history.curve('run-2', 'loss', whole).counts).toHaveLength(0);
  });

  it('fold a curve into buckets that begin at multiples of a power of two', () => {
    // Steps 0 to 11, their values 0, 10, 20 … 110, but for step 5.
    const at = [...Array(12).keys()].filter((step) => step !== 5);
    store.history.insertMetrics('run-1', [
      column(
        'loss',
        at,
        at.map((step) => step * 10),
      ),
    ]);
    const fold = (from: number | null, to: number | null, buckets: number) =>
      plain(store.history.curve('run-1', 'loss', { from, to, buckets }));
    expect(fold(null, null, 3)).toEqual({
      metric: 'loss',
      width: 4,
      counts: [4, 3, 4],
      steps: [1.5, 17 / 3, 9.5],
      ends: [3, 7, 11],
      min: [0, 40, 80],
      max: [30, 70, 110],
      mean: [15, 170 / 3, 95],
    });
    // Four buckets of 4 would do for steps 2 to 9, three of 4 are enough: 2-3, 4-7, 8-9.
    expect(fold(2, 9, 3)).toMatchObject({ width: 4, counts: [2, 3, 2], steps: [2.5, 17 / 3, 8.5], min: [20, 40, 80] });
    // No more values than buckets: each by itself, whatever lies between them.
    expect(fold(4, 8, 4)).toMatchObject({ width: 1, counts: [1, 1, 1, 1], steps: [4, 6, 7, 8] });
    expect(fold(null, null, 11)).toMatchObject({ width: 1, steps: at });
    expect(fold(5, 5, 3)).toMatchObject({ counts: [] });
    expect(fold(100, null, 3)).toMatchObject({ counts: [] });
    expect(fold(null, null, 1)).toMatchObject({ width: 16, counts: [11], ends: [11], min: [0], max: [110] });
  });

  it('fold a long run from rows of 64 steps, to what its values come to', () => {
    // 1000 steps, but none from 300 to 500, written in pieces; the last piece is written twice.
    const at = [...Array(1000).keys()].filter((step) => step < 300 || step > 500);
    const value = (step: number) => Math.sin(step) + step / 100;
    for (let from = 0; from < at.length; from += 7) {
      const piece = at.slice(from, from + 7);
      store.history.insertMetrics('run-1', [column('loss', piece, piece.map(value))]);
    }
    store.history.insertMetrics('run-1', [column('loss', at.slice(-7), at.slice(-7).map(value))]);
    for (const [from, to, buckets] of [
      [null, null, 8],
      [null, null, 3],
      [100, 900, 7],
      [130, null, 5],
      [null, 700, 4],
    ] as const) {
      const { width, counts, steps, ends, min, max, mean } = store.history.curve('run-1', 'loss', {
        from,
        to,
        buckets,
      });
      expect(width).toBeGreaterThanOrEqual(64);
      const inside = at.filter((step) => step >= (from ?? 0) && step <= (to ?? 999));
      const groups = [...Map.groupBy(inside, (step) => Math.floor(step / width)).values()];
      expect(groups.length).toBeLessThanOrEqual(buckets);
      expect([...counts]).toEqual(groups.map((group) => group.length));
      expect([...ends]).toEqual(groups.map((group) => group.at(-1)));
      groups.forEach((group, index) => {
        const values = group.map(value);
        const average = (list: number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;
        expect(min[index]).toBe(Math.min(...values));
        expect(max[index]).toBe(Math.max(...values));
        expect(mean[index]).toBeCloseTo(average(values), 12);
        expect(steps[index]).toBeCloseTo(average(group), 9);
      });
    }
    store.history.truncate('run-1', 800);
    const { ends, counts } = store.history.curve('run-1', 'loss', { ...whole, buckets: 4 });
    expect([ends.at(-1), counts.reduce((sum, count) => sum + count)]).toEqual([799, 599]);
    expect(store.history.metrics('run-1')).toEqual([
      { name: 'loss', count: 599, firstStep: 0, lastStep: 799, lastValue: value(799) },
    ]);
  });

  it('take the same few statements for a curve of any number of buckets', () => {
    const at = [...Array(5000).keys()];
    store.history.insertMetrics('run-1', [column('loss', at, at)]);
    const statements: string[] = [];
    const watched = new SqliteDatabase(file, { readonly: true, verbose: (text) => statements.push(String(text)) });
    const history = new RunHistoryRepository(watched);
    for (const [from, to, buckets] of [
      [null, null, 1000],
      [null, null, 70],
      [70, 4900, 40],
    ] as const) {
      statements.length = 0;
      const { counts } = history.curve('run-1', 'loss', { from, to, buckets });
      expect(counts.length).toBeGreaterThan(35);
      expect(counts.reduce((sum, count) => sum + count)).toBe((to ?? 4999) - (from ?? 0) + 1);
      expect(statements.length).toBeLessThan(8);
    }
    watched.close();
  });

  it('have no place for what is no number; an infinite value of an old home is passed over', () => {
    store.history.insertMetrics('run-1', [
      column('loss', [0, 1, 2, 3], [1, Number.NaN, Number.POSITIVE_INFINITY, 3]),
      column('grad_norm', [0], [Number.NaN]),
    ]);
    expect(steps('loss')).toEqual([0, 3]);
    expect(store.history.metricNames('run-1')).toEqual(['loss']);
    const old = new SqliteDatabase(file);
    old.exec("INSERT INTO metrics VALUES ('run-1', 'loss', 4, 9e999), ('run-1', 'p', 0, -9e999)");
    old.close();
    expect(steps('loss')).toEqual([0, 3]);
    expect(store.history.metrics('run-1')).toMatchObject([{ name: 'loss', count: 2, lastStep: 3, lastValue: 3 }]);
    expect(plain(store.history.curve('run-1', 'loss', { ...whole, buckets: 1 }))).toMatchObject({
      counts: [2],
      max: [3],
      mean: [2],
    });
  });

  it('keep a bit a group and step, whatever the chunks', () => {
    const bytes = Uint8Array.from([1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0]);
    expect([...packBits(bytes)]).toEqual([0b11100101, 0b0001]);
    expect(unpackBits(packBits(bytes), 12)).toEqual(bytes);
    store.history.insertMasks('run-1', { firstStep: 0, groupCount: 3, bytes: bytes.slice(0, 6) });
    store.history.insertMasks('run-1', { firstStep: 2, groupCount: 3, bytes: bytes.slice(6) });
    expect(store.history.activationShares('run-1', 100)).toEqual({
      firstStep: 0,
      nextStep: 4,
      width: 1,
      groupCount: 3,
      counts: Uint32Array.of(1, 1, 1, 1),
      on: Uint32Array.from(bytes),
    });
    expect(store.history.activationShares('run-1', 2)).toMatchObject({
      width: 2,
      counts: Uint32Array.of(2, 2),
      on: Uint32Array.of(1, 0, 2, 1, 1, 1),
    });
    expect(store.history.activationShares('run-2', 100)).toBeNull();
  });

  it('join short chunks of masks, and cut one in the middle', () => {
    const bytes = Uint8Array.from({ length: 3000 }, (_, at) => (at % 3 === 0 ? 1 : 0));
    for (let step = 0; step < 1500; step += 5)
      store.history.insertMasks('run-1', {
        firstStep: step,
        groupCount: 2,
        bytes: bytes.slice(step * 2, step * 2 + 10),
      });
    const chunks = () => {
      const reading = new SqliteDatabase(file);
      const counts = reading.prepare('SELECT step_count FROM masks').pluck().all();
      reading.close();
      return counts;
    };
    expect(chunks()).toEqual([1025, 475]);
    store.history.truncate('run-1', 1100);
    expect(chunks()).toEqual([1025, 75]);
    store.history.truncate('run-1', 1001);
    expect(chunks()).toEqual([1001]);
    expect(store.history.activationShares('run-1', 2000)?.on).toEqual(Uint32Array.from(bytes.slice(0, 2002)));
  });

  it('forget what lies behind the checkpoint that they go on from', () => {
    const taken = [...Array(6).keys()];
    store.history.insertMetrics('run-1', [column('loss', taken, taken), column('eval_loss', [2, 4, 6], [2, 4, 6])]);
    store.history.insertMasks('run-1', {
      firstStep: 0,
      groupCount: 2,
      bytes: Uint8Array.from([1, 0, 0, 1, 1, 1, 1, 0, 0, 1]),
    });
    store.history.insertMasks('run-1', { firstStep: 5, groupCount: 2, bytes: Uint8Array.from([1, 1]) });
    store.history.truncate('run-1', 4);
    expect(steps('loss')).toEqual([0, 1, 2, 3]);
    expect(steps('eval_loss')).toEqual([2, 4]);
    expect(store.history.activationShares('run-1', 100)).toMatchObject({
      nextStep: 4,
      on: Uint32Array.from([1, 0, 0, 1, 1, 1, 1, 0]),
    });
    store.history.insertMetrics('run-1', [column('loss', [4, 5], [40, 50])]);
    expect(plain(store.history.curve('run-1', 'loss', { ...whole, buckets: 3 }))).toMatchObject({
      width: 2,
      mean: [0.5, 2.5, 45],
    });
  });

  it('take their history along when they are removed', () => {
    store.history.insertLog('run-1', 3, 'info', 'started');
    expect(store.history.log('run-1')).toEqual([{ at: 3, level: 'info', text: 'started' }]);
    store.runs.remove('run-1');
    expect(store.history.log('run-1')).toEqual([]);
  });
});

describe('adapters, studies, reports', () => {
  it('come back as they were kept', () => {
    const adapter: AdapterRecord = {
      id: 'adapter-1',
      name: 'An adapter',
      folder: 'adapters/adapter-1',
      modelId: modelRecord.id,
      foreignBase: null,
      variant: 'lora',
      parameters: { r: 4, lora_alpha: 8 },
      targetModules: ['q_proj'],
      layers: [0, 2],
      modulesToSave: ['classifier'],
      coto: run.config.coto,
      origin: { kind: 'merge', method: 'linear', inputs: [{ adapterId: 'x', weight: -0.5 }] },
      datasetId: datasetRecord.id,
      accuracy: 0.5,
      metrics: { f1_macro: 0.4 },
      parameterCount: 10,
      sizeBytes: 40,
      sha256: 'ff',
      createdAt: 9,
      archived: false,
      tags: ['kept'],
      starred: false,
    };
    store.adapters.insert(adapter);
    expect(store.adapters.find('adapter-1')).toEqual(adapter);
    store.adapters.update('adapter-1', { archived: true });
    store.adapters.update('adapter-1', { tags: ['a', 'b'], starred: true });
    expect(store.adapters.list()).toEqual([{ ...adapter, archived: true, tags: ['a', 'b'], starred: true }]);
    expect(store.adapters.countOfModel(modelRecord.id)).toBe(1);

    const config = studyConfigSchema.parse({
      kind: 'lambda',
      dataset: datasetRecord.id,
      pairs: [{ label: 'p', coto: true, from: { adapterId: 'a' }, to: { runId: 'r' } }],
    });
    const provenance: Provenance = {
      version: '1',
      commit: null,
      node: '24',
      platform: 'linux',
      cpu: 'A processor',
      cores: 2,
      memoryBytes: 1,
      backend: { id: 'native', device: null },
      threads: null,
      trainedOn: [],
      bases: [{ name: 'A model', fingerprint: 'f' }],
      datasets: [{ name: 'Some data', sha256: null }],
      adapters: [{ name: 'a', sha256: '0', seed: null }],
      seeds: [],
      parts: [{ kind: 'score', planned: 2, jobs: 1, seconds: 0.5 }],
    };
    const study: StudyRecord = {
      id: 'study-1',
      name: 'A study',
      kind: 'interpolation',
      status: 'queued',
      config,
      result: null,
      provenance: null,
      error: null,
      parentId: 'demo-1',
      target: null,
      createdAt: 3,
      finishedAt: null,
    };
    store.studies.insert(study);
    expect(store.studies.list()).toEqual([study]);
    const result = { kind: 'interpolation' as const, examples: 3, metric: 'accuracy', pairs: [] };
    const finished = { status: 'completed', result, error: null, finishedAt: 8 } as const;
    store.studies.finish('study-1', { ...finished, provenance });
    expect(store.studies.find('study-1')).toEqual({ ...study, ...finished, provenance });
    store.studies.finish('study-1', finished);
    expect(store.studies.find('study-1')?.provenance).toBeNull();

    const report = {
      id: 'report-1',
      name: 'R',
      note: 'Why',
      path: 'reports/report-1/report.html',
      runIds: ['run-1'],
      studyIds: ['study-1'],
      createdAt: 4,
    };
    store.reports.insert(report);
    expect(store.reports.list()).toEqual([report]);
    store.reports.remove('report-1');
    expect(store.reports.find('report-1')).toBeNull();
  });
});

describe('jobs', () => {
  const job: JobRecord = {
    id: 'job-1',
    kind: 'train',
    title: 'Train',
    status: 'queued',
    subjectId: 'run-1',
    parentId: null,
    after: [],
    progress: null,
    error: null,
    createdAt: 1,
    startedAt: null,
    finishedAt: null,
  };

  it('keep their order, dependencies, payload and result', () => {
    store.jobs.insert(job, { runId: 'run-1' });
    const second = { ...job, id: 'job-0', after: ['job-1'], kind: 'study' as const };
    store.jobs.insert(second, {});
    expect(store.jobs.list(true)).toEqual([job, second]);
    expect(store.jobs.payload('job-1')).toEqual({ runId: 'run-1' });
    store.jobs.update('job-1', { status: 'completed', finishedAt: 5 });
    expect(store.jobs.list(true)).toEqual([second]);
    expect(store.jobs.list(false)).toHaveLength(2);
    expect(store.jobs.result('job-1')).toBeNull();
    store.jobs.saveResult('job-1', { a: [1] });
    expect(store.jobs.result('job-1')).toEqual({ a: [1] });
    expect(store.jobs.findOfSubject('run-1')?.id).toBe('job-0');
  });

  it('cannot wait for a job that does not exist, and then are not kept at all', () => {
    expect(() => store.jobs.insert({ ...job, after: ['job-9'] }, {})).toThrow(/FOREIGN KEY/);
    expect(store.jobs.list(false)).toEqual([]);
  });
});
