import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../src-main/store/open-store.ts';
import { packBits, unpackBits } from '../../src-main/store/repositories/run-history.ts';
import type { AdapterRecord } from '../../src-shared/domain/adapter.ts';
import type { JobRecord } from '../../src-shared/domain/job.ts';
import { type RunRecord, runConfigSchema } from '../../src-shared/domain/run.ts';
import { type StudyRecord, studyConfigSchema } from '../../src-shared/domain/study.ts';
import { datasetRecord, modelRecord } from '../backend/records.ts';

let store: Store;
beforeEach(() => {
  store = openStore(':memory:');
  store.models.save(modelRecord);
  store.datasets.save(datasetRecord);
});
afterEach(() => store.close());

const run: RunRecord = {
  id: 'run-1',
  name: 'A run',
  status: 'queued',
  config: runConfigSchema.parse({ coto: {} }),
  modelId: modelRecord.id,
  datasetId: datasetRecord.id,
  tags: ['a', 'b'],
  note: "it's quoted",
  starred: true,
  archived: false,
  studyId: null,
  step: 0,
  facts: null,
  result: null,
  adapterId: null,
  checkpoints: [],
  error: null,
  folder: 'runs/run-1',
  createdAt: 12,
  startedAt: null,
  finishedAt: null,
};

describe('models, datasets, settings', () => {
  it('come back as they were kept', () => {
    expect(store.models.find(modelRecord.id)).toEqual(modelRecord);
    expect(store.models.findByPath(modelRecord.path)).toEqual(modelRecord);
    expect(store.datasets.list()).toEqual([datasetRecord]);
    store.models.save({ ...modelRecord, name: 'renamed' });
    expect(store.models.list().map((model) => model.name)).toEqual(['renamed']);
    expect(store.models.find('toString')).toBeNull();
  });

  it('are set one at a time; a value that is no longer allowed gives way to the default', () => {
    expect(store.settings.get()).toEqual({ theme: 'system', compute_backend: 'auto', threads: null });
    store.settings.set({ theme: 'dark' });
    store.settings.set({ compute_backend: 'wasm' });
    expect(store.settings.get()).toEqual({ theme: 'dark', compute_backend: 'wasm', threads: null });
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
    store.runs.saveCheckpoint('run-1', { ...checkpoint, kind: 'last', step: 5, folder: 'c/last' });
    store.runs.saveCheckpoint('run-1', { ...checkpoint, kind: 'step', step: 6, folder: 'c/step-6' });
    store.runs.saveCheckpoint('run-1', { ...checkpoint, kind: 'step', step: 8, folder: 'c/step-8' });
    store.runs.saveCheckpoint('run-1', { ...checkpoint, kind: 'last', step: 9, folder: 'c/last' });
    const steps = () => store.runs.find('run-1')?.checkpoints.map((one) => `${one.kind} ${one.step}`);
    expect(steps()).toEqual(['step 6', 'step 8', 'last 9']);
    expect(store.runs.list(false)[0]?.checkpoints).toHaveLength(3);
    store.runs.removeCheckpointsAfter('run-1', 7);
    expect(steps()).toEqual(['step 6']);
  });

  it('keep metrics, and a step that is taken again replaces its rows', () => {
    store.history.insertMetrics('run-1', [
      { name: 'loss', step: 0, value: 2 },
      { name: 'loss', step: 1, value: 1.5 },
      { name: 'grad_norm/layers.0', step: 0, value: 1e-30 },
    ]);
    store.history.insertMetrics('run-1', [{ name: 'loss', step: 1, value: 1.25 }]);
    expect(store.history.metrics('run-1', ['loss'], -1)).toEqual([
      { name: 'loss', step: 0, value: 2 },
      { name: 'loss', step: 1, value: 1.25 },
    ]);
    expect(store.history.metrics('run-1', null, 0)).toEqual([{ name: 'loss', step: 1, value: 1.25 }]);
    expect(store.history.metrics('run-1', [], -1)).toEqual([]);
  });

  it('keep a bit a group and step, whatever the chunks', () => {
    const bytes = Uint8Array.from([1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0]);
    expect([...packBits(bytes)]).toEqual([0b11100101, 0b0001]);
    expect(unpackBits(packBits(bytes), 12)).toEqual(bytes);
    store.history.insertMasks('run-1', { firstStep: 0, groupCount: 3, bytes: bytes.slice(0, 6) });
    store.history.insertMasks('run-1', { firstStep: 2, groupCount: 3, bytes: bytes.slice(6) });
    expect(store.history.masks('run-1')).toEqual({ firstStep: 0, groupCount: 3, bytes });
    expect(store.history.masks('run-2')).toBeNull();
  });

  it('forget what lies behind the checkpoint that they go on from', () => {
    for (let step = 0; step < 6; step++) store.history.insertMetrics('run-1', [{ name: 'loss', step, value: step }]);
    for (const step of [2, 4, 6]) store.history.insertMetrics('run-1', [{ name: 'eval_loss', step, value: step }]);
    store.history.insertMasks('run-1', {
      firstStep: 0,
      groupCount: 2,
      bytes: Uint8Array.from([1, 0, 0, 1, 1, 1, 1, 0, 0, 1]),
    });
    store.history.insertMasks('run-1', { firstStep: 5, groupCount: 2, bytes: Uint8Array.from([1, 1]) });
    store.history.truncate('run-1', 4);
    expect(store.history.metrics('run-1', ['loss'], -1).map((row) => row.step)).toEqual([0, 1, 2, 3]);
    expect(store.history.metrics('run-1', ['eval_loss'], -1).map((row) => row.step)).toEqual([2, 4]);
    expect(store.history.masks('run-1')).toEqual({
      firstStep: 0,
      groupCount: 2,
      bytes: Uint8Array.from([1, 0, 0, 1, 1, 1, 1, 0]),
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
      variant: 'lora',
      parameters: { r: 4, lora_alpha: 8 },
      targetModules: ['q_proj'],
      layers: [0, 2],
      modulesToSave: ['classifier'],
      coto: run.config.coto,
      origin: { kind: 'merge', method: 'linear', inputs: [{ adapterId: 'x', weight: -0.5 }] },
      datasetId: datasetRecord.id,
      accuracy: 0.5,
      parameterCount: 10,
      sizeBytes: 40,
      sha256: 'ff',
      createdAt: 9,
      archived: false,
    };
    store.adapters.insert(adapter);
    expect(store.adapters.find('adapter-1')).toEqual(adapter);
    store.adapters.update('adapter-1', { archived: true });
    expect(store.adapters.list()).toEqual([{ ...adapter, archived: true }]);
    expect(store.adapters.countOfModel(modelRecord.id)).toBe(1);

    const config = studyConfigSchema.parse({
      kind: 'lambda',
      dataset: datasetRecord.id,
      pairs: [{ label: 'p', coto: true, from: { adapterId: 'a' }, to: { runId: 'r' } }],
    });
    const study: StudyRecord = {
      id: 'study-1',
      name: 'A study',
      kind: 'lambda',
      status: 'queued',
      config,
      result: null,
      error: null,
      parentId: 'demo-1',
      createdAt: 3,
      finishedAt: null,
    };
    store.studies.insert(study);
    expect(store.studies.list()).toEqual([study]);
    const result = { kind: 'lambda' as const, examples: 3, pairs: [] };
    store.studies.finish('study-1', { status: 'completed', result, error: null, finishedAt: 8 });
    expect(store.studies.find('study-1')).toEqual({ ...study, status: 'completed', result, finishedAt: 8 });

    const report = { id: 'report-1', name: 'R', path: 'reports/r.html', studyIds: ['study-1'], createdAt: 4 };
    store.reports.insert(report);
    expect(store.reports.list()).toEqual([report]);
  });
});

describe('jobs', () => {
  const job: JobRecord = {
    id: 'job-1',
    kind: 'train',
    title: 'Train',
    status: 'queued',
    subjectId: 'run-1',
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
