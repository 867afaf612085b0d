import { expect, test } from 'vitest';
import { jsonWithMetrics, metricRows } from '../../src-main/cli/metric-rows.ts';
import { openStudio } from '../../src-main/cli/studio.ts';
import { openStore } from '../../src-main/store/open-store.ts';
import { type RunRecord, runConfigSchema } from '../../src-shared/domain/runs/run.ts';
import { datasetRecord, modelRecord } from '../backend/records.ts';
import { column } from '../src-shared/curves/make-curve.ts';
import { temporaryFolder } from './run-command.ts';

test('a history longer than one answer comes value by value, in a document that is never held as one', async () => {
  const home = temporaryFolder();
  const store = openStore(`${home}/studio.sqlite`);
  store.models.save(modelRecord);
  store.datasets.save(datasetRecord);
  const run: RunRecord = {
    id: 'run-1',
    name: 'long',
    status: 'completed',
    config: runConfigSchema.parse({}),
    modelId: modelRecord.id,
    datasetId: datasetRecord.id,
    tags: [],
    note: '',
    starred: false,
    archived: false,
    studyId: null,
    step: 70_000,
    facts: null,
    result: null,
    adapterId: null,
    checkpoints: [],
    error: null,
    folder: 'runs/run-1',
    createdAt: 0,
    startedAt: null,
    finishedAt: null,
  };
  store.runs.insert(run);
  const steps = [...Array(70_000).keys()];
  store.history.insertMetrics('run-1', [column('loss', steps, steps), column('eval_loss', [69_999], [0.1])]);
  store.close();

  const studio = await openStudio(home);
  try {
    const pieces: string[] = [];
    const document = jsonWithMetrics({ run: { id: 'run-1' } }, metricRows(studio.client, 'run-1'), { log: [] });
    for await (const piece of document) pieces.push(piece);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(100_000);
    const parsed = JSON.parse(pieces.join(''));
    expect(Object.keys(parsed)).toEqual(['run', 'metrics', 'log']);
    expect(parsed.metrics).toHaveLength(70_001);
    expect(parsed.metrics[0]).toEqual({ name: 'eval_loss', step: 69_999, value: 0.1 });
    expect(
      parsed.metrics
        .slice(1)
        .every((row: { step: number; value: number }, at: number) => row.step === at && row.value === at),
    ).toBe(true);
  } finally {
    await studio.close();
  }
});

test('a run without metrics is a whole document too', async () => {
  async function* none() {}
  const pieces: string[] = [];
  for await (const piece of jsonWithMetrics({ run: 1 }, none(), { log: [2] })) pieces.push(piece);
  expect(JSON.parse(pieces.join(''))).toEqual({ run: 1, metrics: [], log: [2] });
});
