// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { navigate } from '../../../../../src-renderer/app/routes.tsx';
import { ImportRuns } from '../../../../../src-renderer/features/runs/actions/import-runs.tsx';
import { RunConfigPanel } from '../../../../../src-renderer/features/runs/page/run-config.tsx';
import { RunPage } from '../../../../../src-renderer/pages/runs/run-page.tsx';
import type { JobRecord } from '../../../../../src-shared/domain/jobs/job.ts';
import { type RunRecord, runConfigSchema } from '../../../../../src-shared/domain/runs/run.ts';
import { groupRuns } from '../../../../../src-shared/results/run-groups.ts';
import { backend, catalog } from '../../../fake-backend.ts';
import { renderInWindow } from '../../../window.tsx';

vi.mock('../../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../../fake-backend.ts')).request,
}));

const run: RunRecord = {
  ...{ id: 'a', name: 'elsewhere', config: runConfigSchema.parse({ model: '', dataset: '' }), folder: 'runs/a' },
  ...{ modelId: '', datasetId: '', status: 'completed', tags: [], note: '', starred: false, archived: false },
  ...{ studyId: null, step: 3, facts: null, result: null, adapterId: null, error: null, checkpoints: [] },
  ...{ createdAt: 1, startedAt: null, finishedAt: null },
  origin: { format: 'trackio', path: '/logs/project.db', run: 'elsewhere', settings: { learning_rate: 0.25 } },
};

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'app.catalog': () => catalog,
    'runs.get': () => run,
    'runs.import': () => ({ runs: [run], skipped: ['/logs/b is corrupt.'] }),
  };
  Object.assign(window, {
    coto: {
      dialogs: { openFolder: async () => '/logs', openFile: async () => '/logs/project.db' },
      pathForFile: (file: File) => `/dropped/${file.name}`,
    },
  });
});

test('the menu asks for a folder or a file, and what was skipped is said', async () => {
  const view = renderInWindow(<ImportRuns>the table</ImportRuns>);
  navigate('/runs?import=folder');
  await waitFor(() => expect(backend.inputsOf('runs.import')).toEqual([{ path: '/logs' }]));
  await waitFor(() => expect(view.getByText('/logs/b is corrupt.')).toBeTruthy());
  navigate('/runs?import=file');
  await waitFor(() => expect(backend.inputsOf('runs.import')).toHaveLength(2));
  expect(backend.inputsOf('runs.import')[1]).toEqual({ path: '/logs/project.db' });
  fireEvent.click(view.getByText('Dismiss'));
  await waitFor(() => expect(view.queryByText('/logs/b is corrupt.')).toBeNull());
});

test('files that are dropped are imported', async () => {
  const view = renderInWindow(<ImportRuns>the table</ImportRuns>);
  fireEvent.drop(view.getByText('the table'), {
    dataTransfer: { types: ['Files'], files: [new File([''], 'trainer_state.json')] },
  });
  await waitFor(() => expect(backend.inputsOf('runs.import')).toEqual([{ path: '/dropped/trainer_state.json' }]));
});

test('an import that goes on has its progress and can be cancelled', async () => {
  const job: JobRecord = {
    ...{ id: 'job-1', kind: 'import-runs', title: 'Import logs', status: 'running', subjectId: null, parentId: null },
    ...{ after: [], error: null, createdAt: 1, startedAt: 1, finishedAt: null },
    progress: { phase: 'Importing logs', done: 5, total: 20, unit: 'values', perSecond: null, etaSeconds: null },
  };
  backend.answers['jobs.list'] = () => [job, { ...job, id: 'job-2', kind: 'train', title: 'Train x' }];
  const view = renderInWindow(<ImportRuns>the table</ImportRuns>);
  await waitFor(() => expect(view.getByText(/Importing logs/)).toBeTruthy());
  expect(view.getAllByRole('progressbar').map((bar) => bar.getAttribute('aria-valuenow'))).toEqual(['25']);
  fireEvent.click(view.getByText('Cancel'));
  await waitFor(() => expect(backend.inputsOf('jobs.cancel')).toEqual([{ id: 'job-1' }]));
});

test('an imported run cannot be cloned, and shows only the settings that its file has', async () => {
  const page = renderInWindow(<RunPage id="a" />);
  await waitFor(() => expect(page.getByRole('heading', { name: 'elsewhere' })).toBeTruthy());
  expect(page.queryByText('Clone')).toBeNull();
  page.unmount();
  const settings = renderInWindow(<RunConfigPanel run={run} />);
  expect(settings.getByText('learning_rate').nextSibling?.textContent ?? settings.container.textContent).toContain(
    '0.25',
  );
  expect(settings.queryByText(/seed/)).toBeNull();
});

test('imported runs are never folded into a group', () => {
  expect(groupRuns([run, { ...run, id: 'b' }])).toHaveLength(2);
});
