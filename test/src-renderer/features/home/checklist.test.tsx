// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { Checklist } from '../../../../src-renderer/features/home/checklist.tsx';
import { markReportSeen, useChecklist } from '../../../../src-renderer/features/home/use-checklist.ts';
import { type StudyRecord, studyRecordSchema } from '../../../../src-shared/domain/studies/study.ts';
import { datasetRecord } from '../../../backend/records.ts';
import { studies as made, model } from '../../../backend/reports/records.ts';
import { adapter, backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const report = {
  id: 'report-1',
  name: 'Demo',
  note: '',
  path: '/home/reports/report-1/report.html',
  runIds: [],
  studyIds: [],
  createdAt: 1,
};

beforeEach(() => {
  localStorage.clear();
  backend.answers = {
    'datasets.list': () => [{ ...datasetRecord, id: 'digits', bundled: true }],
    'models.list': () => [model],
    'adapters.list': () => [adapter('a')],
    'reports.list': () => [],
  };
});

function Steps({ studies }: { studies: StudyRecord[] }) {
  const checklist = useChecklist(studies);
  return checklist.isShown ? <Checklist checklist={checklist} /> : <p>Nothing to learn</p>;
}

const study = (status: StudyRecord['status']) => studyRecordSchema.parse({ ...made[0], status });
const ticks = (view: ReturnType<typeof renderInWindow>) => view.queryAllByLabelText('Done:').length;

test('the steps stay while the demo runs, and tick themselves off', async () => {
  const view = renderInWindow(<Steps studies={[study('running')]} />);
  await view.findByText('Get started');
  expect(view.getByText('Running…')).toBeTruthy();
  expect(view.queryByText('Start the demo study')).toBeNull();
  expect(view.getByText('Available after the demo.')).toBeTruthy();
  view.rerender(<Steps studies={[study('completed')]} />);
  expect(ticks(view)).toBe(1);
  view.unmount();

  markReportSeen();
  backend.answers = {
    'datasets.list': () => [datasetRecord],
    'models.list': () => [{ ...model, bundled: false }],
    'adapters.list': () => [
      adapter('m', { origin: { kind: 'merge', inputs: [], method: 'linear', parameters: {}, jobId: 'j' } }),
    ],
    'reports.list': () => [report],
  };
  const { queryClient } = await import('../../../../src-renderer/api/query.ts');
  queryClient.clear();
  const later = renderInWindow(<Steps studies={[study('completed')]} />);
  await waitFor(() => expect(ticks(later)).toBe(5));
  expect(later.getByText('All done.')).toBeTruthy();
});

test('a report that is there is led to', async () => {
  backend.answers = { ...backend.answers, 'reports.list': () => [report] };
  const view = renderInWindow(<Steps studies={[study('completed')]} />);
  fireEvent.click(await view.findByRole('button', { name: 'Open report' }));
  expect(window.location.hash).toBe('#/reports/report-1');
});

test('dismissed, they do not come back', async () => {
  const view = renderInWindow(<Steps studies={[]} />);
  await view.findByText('Get started');
  expect(view.getByText('Start the demo study')).toBeTruthy();
  fireEvent.click(view.getByRole('button', { name: 'Dismiss' }));
  await waitFor(() => expect(view.getByText('Nothing to learn')).toBeTruthy());
  view.unmount();
  expect(renderInWindow(<Steps studies={[]} />).getByText('Nothing to learn')).toBeTruthy();
});
