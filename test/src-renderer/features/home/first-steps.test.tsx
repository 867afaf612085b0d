// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { FirstSteps } from '../../../../src-renderer/features/home/first-steps.tsx';
import { markWatched, useFirstSteps } from '../../../../src-renderer/features/home/use-first-steps.ts';
import { type StudyRecord, studyRecordSchema } from '../../../../src-shared/domain/study.ts';
import { datasetRecord } from '../../../backend/records.ts';
import { studies as made } from '../../../backend/reports/records.ts';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';
import { run } from './home-records.ts';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  localStorage.clear();
  backend.answers = { 'datasets.list': () => [{ ...datasetRecord, id: 'digits', bundled: true }, datasetRecord] };
});

function Steps({ runs, studies }: { runs: ReturnType<typeof run>[]; studies: StudyRecord[] }) {
  const steps = useFirstSteps(runs, studies);
  return steps.isShown ? <FirstSteps steps={steps} /> : <p>Nothing to learn</p>;
}

const study = (status: StudyRecord['status']) => studyRecordSchema.parse({ ...made[0], status });

test('the steps stay while the demo runs, and tick themselves off', async () => {
  const demo = [run('demo', { status: 'running' })];
  const view = renderInWindow(<Steps runs={demo} studies={[study('running')]} />);
  await view.findByText('First steps');
  expect(view.getByText('Running…')).toBeTruthy();
  expect(view.queryByText('Start the demo study')).toBeNull();
  expect(view.getByText('Open runs')).toBeTruthy();
  view.rerender(<Steps runs={demo} studies={[study('completed')]} />);
  expect(view.getAllByLabelText('Done:')).toHaveLength(1);
  view.unmount();

  markWatched();
  const later = renderInWindow(<Steps runs={demo} studies={[study('completed')]} />);
  await later.findByText('First steps');
  expect(later.getAllByLabelText('Done:')).toHaveLength(2);
  expect(later.queryByText('Open runs')).toBeNull();
  later.rerender(
    <Steps runs={[...demo, run('own', { datasetId: datasetRecord.id })]} studies={[study('completed')]} />,
  );
  await later.findByText('Nothing to learn');
});

test('dismissed, they do not come back', async () => {
  const view = renderInWindow(<Steps runs={[]} studies={[]} />);
  await view.findByText('First steps');
  expect(view.getByText('Start the demo study')).toBeTruthy();
  fireEvent.click(view.getByRole('button', { name: 'Dismiss' }));
  await waitFor(() => expect(view.getByText('Nothing to learn')).toBeTruthy());
  view.unmount();
  markWatched();
  expect(renderInWindow(<Steps runs={[]} studies={[]} />).getByText('Nothing to learn')).toBeTruthy();
});
