// @vitest-environment happy-dom
import { fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { DemoFindings, mainRows } from '../../../../src-renderer/features/home/demo-findings.tsx';
import type { ReportSummary } from '../../../../src-shared/domain/app/report.ts';
import { studies as made } from '../../../backend/reports/records.ts';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const report = {
  id: 'report-1',
  name: 'Demo · 2026-11-26',
  note: '',
  path: '/home/reports/report-1/report.html',
  runIds: ['a'],
  studyIds: made.map(({ id }) => id),
  createdAt: 1,
};
type Row = ReportSummary['rows'][number];
const row = (id: string, changes: Partial<Row> = {}): Row => ({
  id,
  label: id,
  unit: 'percent',
  better: 'higher',
  without: 0.71,
  coto: 0.732,
  difference: { n: 2, mean: 0.022, halfWidth: 0.03 },
  ...changes,
});
const rows = [
  row('alone'),
  row('merged/factor-average'),
  row('merged/delta-average', { coto: 0.99 }),
  row('barrier/accuracy', { unit: 'points', better: 'lower', without: 0.04, coto: 0.01, difference: null }),
  row('step', { unit: 'milliseconds', better: 'lower' }),
  row('active', { better: null }),
];
const ofDemo = made.map((study) => ({ ...study, parentId: 'demo-1' }));

beforeEach(() => {
  localStorage.clear();
  backend.answers = {
    'reports.list': () => [report],
    'reports.summary': () => ({
      findings: ['CoTo forgets less.'],
      sides: { without: 'LoRA', coto: 'LoRA + CoTo' },
      rows,
    }),
  };
});

test('the numbers of the demo are those of its report, with the way to it', async () => {
  const view = renderInWindow(<DemoFindings studies={ofDemo} />);
  const table = await view.findByRole('table', { name: 'The demo is done' });
  expect(view.getByText('CoTo forgets less.')).toBeTruthy();
  const texts = within(table)
    .getAllByRole('row')
    .map((line) => [...line.querySelectorAll('td')].map((cell) => cell.textContent));
  expect(texts).toEqual([
    [],
    ['alone (%)', '71.0', '73.2', '+2.2 ± 3.0no clear difference'],
    ['merged/factor-average (%)', '71.0', '73.2', '+2.2 ± 3.0no clear difference'],
    ['barrier/accuracy (points)', '4.0', '1.0', '–'],
  ]);
  fireEvent.click(view.getByRole('button', { name: 'Open report' }));
  expect(window.location.hash).toBe('#/reports/report-1');
  fireEvent.click(view.getByRole('button', { name: 'Dismiss Demo · 2026-11-26' }));
  await waitFor(() => expect(view.queryByText('The demo is done')).toBeNull());
});

test('the rows are the first of each study, whatever came out', () => {
  expect(mainRows(rows).map(({ id }) => id)).toEqual(['alone', 'merged/factor-average', 'barrier/accuracy']);
});

test('a report of other studies is no demo', async () => {
  const view = renderInWindow(<DemoFindings studies={made} />);
  await waitFor(() => expect(backend.inputsOf('reports.list').length).toBeGreaterThan(0));
  expect(view.queryByText('The demo is done')).toBeNull();
});
