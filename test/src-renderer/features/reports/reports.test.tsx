// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { CreateReport } from '../../../../src-renderer/features/reports/create-report.tsx';
import { frameDocument } from '../../../../src-renderer/features/reports/frame-document.ts';
import { ReportFrame } from '../../../../src-renderer/features/reports/report-frame.tsx';
import type { JobRecord } from '../../../../src-shared/domain/jobs/job.ts';
import { backend, job } from '../../fake-backend.ts';
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
  runIds: ['a'],
  studyIds: [],
  createdAt: 1,
};

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'reports.create': () => job('job-1', 'report'),
    'reports.page': () => ({ html: '<html><body><h1>Demo</h1></body></html>' }),
  };
});

test("a report's page gets the window's own scripts, by their full addresses, at its end", () => {
  expect(frameDocument('<body><p>1</p></body></html>', 'app://studio/index.html#/reports')).toBe(
    '<body><p>1</p><script src="app://studio/report/plotly.js"></script><script src="app://studio/report/draw.js"></script></body></html>',
  );
  expect(frameDocument('<p>no body', 'app://studio/index.html')).toBe('<p>no body');
});

test('a report is shown in a frame that may run scripts and nothing else, and has no origin', async () => {
  const view = renderInWindow(<ReportFrame report={report} />);
  const frame = await view.findByTitle('Report "Demo"');
  expect(frame.getAttribute('sandbox')).toBe('allow-scripts');
  expect(frame.getAttribute('src')).toBeNull();
  expect(frame.getAttribute('srcdoc')).toContain('<h1>Demo</h1>');
});

test('title, note and sections of a new report are chosen', async () => {
  const created: JobRecord[] = [];
  const view = renderInWindow(
    <CreateReport
      subject={{ runIds: ['a', 'b'], studyIds: ['s'], name: 'Two runs' }}
      onCancel={() => undefined}
      onCreated={(one) => created.push(one)}
    />,
  );
  expect(view.getByText('Of 2 runs, 1 study.')).toBeTruthy();
  fireEvent.change(view.getByLabelText('Title'), { target: { value: ' Ranks ' } });
  fireEvent.change(view.getByLabelText('Note'), { target: { value: 'Why.' } });
  for (const section of ['Configs', 'Setup', 'Setup']) fireEvent.click(view.getByLabelText(section));
  fireEvent.click(view.getByRole('button', { name: 'Create report' }));
  await waitFor(() => expect(created.map(({ id }) => id)).toEqual(['job-1']));
  expect(backend.inputsOf('reports.create')).toEqual([
    {
      runIds: ['a', 'b'],
      studyIds: ['s'],
      name: 'Ranks',
      note: 'Why.',
      sections: ['summary', 'results', 'figures', 'diagnosis', 'samples', 'setup'],
    },
  ]);
  for (const section of ['Summary', 'Results', 'Figures', 'Diagnosis', 'Samples', 'Setup'])
    fireEvent.click(view.getByLabelText(section));
  expect(view.getByText('Choose at least one section.')).toBeTruthy();
  expect(view.getByRole('button', { name: 'Create report' }).hasAttribute('disabled')).toBe(true);
});

test('a report that is begun on its page asks for the studies and runs that it is of', async () => {
  const run = (id: string, result: unknown) => ({ id, name: id, result });
  Object.assign(backend.answers, {
    'runs.list': () => [run('Finished run', {}), run('Waiting run', null)],
    'studies.list': () => [run('Finished study', {})],
  });
  const view = renderInWindow(
    <CreateReport subject={{ name: '' }} onCancel={() => undefined} onCreated={() => undefined} />,
  );
  expect(view.getByText('Choose a study or a run.')).toBeTruthy();
  expect(view.getByRole('button', { name: 'Create report' }).hasAttribute('disabled')).toBe(true);
  const runs = view.getByRole('combobox', { name: 'Runs' });
  await waitFor(() => expect(runs.hasAttribute('disabled')).toBe(false));
  fireEvent.click(runs);
  fireEvent.click(await view.findByRole('option', { name: 'Finished run', hidden: true }));
  expect(view.queryByRole('option', { name: 'Waiting run', hidden: true })).toBeNull();
  fireEvent.click(view.getByRole('button', { name: 'Create report' }));
  await waitFor(() =>
    expect(backend.inputsOf('reports.create')).toMatchObject([{ runIds: ['Finished run'], studyIds: [] }]),
  );
});
