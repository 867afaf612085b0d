// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { CompareResults } from '../../../../../src-renderer/features/runs/comparison/compare-results.tsx';
import { useComparison } from '../../../../../src-renderer/features/runs/comparison/use-comparison.ts';
import { ConfigTable } from '../../../../../src-renderer/features/runs/page/config-table.tsx';
import { backend, catalog } from '../../../fake-backend.ts';
import { renderInWindow } from '../../../window.tsx';
import { makeRun } from '../run-records.ts';

vi.mock('../../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../../fake-backend.ts')).request,
}));

const runs = [
  makeRun('1', { seed: 1, accuracy: 0.6 }),
  makeRun('2', { seed: 2, accuracy: 0.7 }),
  makeRun('3', { seed: 1, coto: true, learning_rate: 0.01, accuracy: 0.62 }),
  makeRun('4', { seed: 2, coto: true, learning_rate: 0.01, accuracy: 0.74 }),
];

function Tables() {
  const comparison = useComparison(runs);
  return (
    <>
      <CompareResults comparison={comparison} brief={false} />
      <ConfigTable comparison={comparison} />
    </>
  );
}

test('results and settings stand by group: a row a method, its seeds on request, only what differs', async () => {
  backend.answers = {
    'app.catalog': () => catalog,
    'datasets.list': () => [],
    'models.list': () => [],
    'studies.tuned': () => null,
  };
  const view = renderInWindow(<Tables />);
  await waitFor(() => expect(view.getAllByText('LoRA + CoTo').length).toBe(2));
  const rowsOf = (label: string) =>
    [...(view.container.querySelector(`table[aria-label="${label}"]`)?.querySelectorAll('tbody tr') ?? [])].map((row) =>
      [...row.querySelectorAll('td')].map((cell) => cell.textContent),
    );
  expect(rowsOf('Results').map((row) => row.slice(0, 4))).toEqual([
    ['LoRA', '2', '65.0 ± 63.5', '–'],
    ['LoRA + CoTo', '2', '68.0 ± 76.2', '+3.0 ± 12.7'],
  ]);
  expect(rowsOf('Config differences')).toEqual([
    ['coto', 'off', 'on'],
    ['learning_rate', '0.001', '0.01'],
  ]);
  fireEvent.click(view.getByLabelText('Show the runs of LoRA + CoTo'));
  expect(rowsOf('Results').slice(2)).toEqual([
    expect.arrayContaining(['Run 3', '1', '62.0']),
    expect.arrayContaining(['Run 4', '2', '74.0']),
  ]);
});
