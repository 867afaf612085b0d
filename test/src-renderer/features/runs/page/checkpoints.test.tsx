// @vitest-environment happy-dom
import { fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { CheckpointTable } from '../../../../../src-renderer/features/runs/page/checkpoint-table.tsx';
import type { CheckpointSummary } from '../../../../../src-shared/domain/runs/checkpoint.ts';
import { type RunRecord, runConfigSchema } from '../../../../../src-shared/domain/runs/run.ts';
import { adapter, backend, catalog } from '../../../fake-backend.ts';
import { renderInWindow } from '../../../window.tsx';

vi.mock('../../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../../fake-backend.ts')).request,
}));

const run: RunRecord = {
  ...{ id: 'a', name: 'a', config: runConfigSchema.parse({}), modelId: 'base', datasetId: 'data', folder: 'runs/a' },
  status: 'paused',
  ...{ tags: [], note: '', starred: false, archived: false, studyId: null, step: 300, checkpoints: [] },
  ...{ facts: null, result: null, adapterId: null, error: null, createdAt: 1, startedAt: 1, finishedAt: 2 },
};

function checkpoint(step: number, changes: Partial<CheckpointSummary> = {}): CheckpointSummary {
  return {
    ...{
      kind: 'step',
      step,
      folder: `runs/a/step-${step}`,
      accuracy: 0.5,
      resumable: true,
      path: `/home/step-${step}`,
    },
    ...{ bytes: 2 ** 20, evaluation: { loss: 1, metrics: { accuracy: step / 1000 } }, isBest: false },
    ...{ adapterId: null, neededFor: null },
    ...changes,
  };
}

async function open(changes: Partial<RunRecord>, checkpoints: readonly CheckpointSummary[]) {
  backend.answers['runs.checkpoints'] = () => [...checkpoints];
  const view = renderInWindow(<CheckpointTable run={{ ...run, ...changes }} />);
  await waitFor(() => expect(view.getByRole('table', { name: 'Checkpoints' })).toBeTruthy());
  const choose = async (step: number, label: string) => {
    fireEvent.click(view.getByLabelText(`Actions of the checkpoint at step ${step}`));
    fireEvent.click(await view.findByText(label));
  };
  return { view, choose };
}

const dialogOf = async (view: Awaited<ReturnType<typeof open>>['view']) => within(await view.findByRole('dialog'));

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'app.catalog': () => catalog,
    'runs.saveAdapter': () => adapter('saved'),
    'runs.removeCheckpoint': () => ({ freedBytes: 2 ** 20 }),
  };
});

test('each checkpoint has its step, score, size and marks', async () => {
  const { view } = await open({}, [
    checkpoint(100, { isBest: true, adapterId: 'x' }),
    checkpoint(300, { kind: 'last', neededFor: 'resume', evaluation: null }),
  ]);
  const rows = view.getAllByRole('row').map((row) => row.textContent);
  expect(rows[1]).toContain('100Savedbest10.0 %1.0001.00 MiBsaved');
  expect(rows[2]).toContain('300Lastresumes here––1.00 MiB');
});

test('a checkpoint becomes an adapter', async () => {
  const { choose } = await open({}, [checkpoint(100), checkpoint(300)]);
  await choose(100, 'Save as adapter');
  await waitFor(() => expect(backend.inputsOf('runs.saveAdapter')).toEqual([{ id: 'a', folder: 'runs/a/step-100' }]));
});

test('to resume from an earlier checkpoint says what is discarded, from the latest it asks nothing', async () => {
  const { view, choose } = await open({}, [checkpoint(100), checkpoint(300)]);
  await choose(300, 'Resume from here');
  await waitFor(() => expect(backend.inputsOf('runs.resume')).toEqual([{ id: 'a', folder: 'runs/a/step-300' }]));
  await choose(100, 'Resume from here');
  const dialog = await dialogOf(view);
  expect(dialog.getByText(/Steps 101 to 300/)).toBeTruthy();
  expect(backend.inputsOf('runs.resume')).toHaveLength(1);
  fireEvent.click(dialog.getByRole('button', { name: 'Resume from here' }));
  await waitFor(() => expect(backend.inputsOf('runs.resume')).toHaveLength(2));
});

test('deleting asks with the size, and says what a paused run loses', async () => {
  const { view, choose } = await open({}, [checkpoint(100), checkpoint(300, { neededFor: 'resume' })]);
  await choose(300, 'Delete');
  const dialog = await dialogOf(view);
  expect(dialog.getByText(/resumed from step 100 instead.*1\.00 MiB/)).toBeTruthy();
  expect(backend.inputsOf('runs.removeCheckpoint')).toEqual([]);
  fireEvent.click(dialog.getByRole('button', { name: 'Delete' }));
  await waitFor(() =>
    expect(backend.inputsOf('runs.removeCheckpoint')).toEqual([
      { id: 'a', folder: 'runs/a/step-300', evenIfNeeded: true },
    ]),
  );
});

test('while a run trains, only what cannot change is offered', async () => {
  const { reasonsOf } = await import('../../../../../src-renderer/features/runs/page/checkpoint-menu.tsx');
  const running = { status: 'running' } as const;
  expect(reasonsOf(running, checkpoint(100))).toMatchObject({ adapter: null, remove: expect.any(String) });
  expect(reasonsOf(running, checkpoint(300, { kind: 'last' })).adapter).not.toBeNull();
  const completed = { status: 'completed' } as const;
  expect(reasonsOf(completed, checkpoint(100))).toMatchObject({
    resume: expect.any(String),
    adapter: null,
    remove: null,
  });
  const endsWithIt = checkpoint(100, { kind: 'best', neededFor: 'load_best_model_at_end' });
  expect(reasonsOf({ status: 'paused' }, endsWithIt)).toMatchObject({ resume: null, remove: expect.any(String) });
});
