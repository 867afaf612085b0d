// @vitest-environment happy-dom
import { fireEvent, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { RunFindings } from '../../../../../src-renderer/features/runs/page/run-findings.tsx';
import { resetForm, useTrainForm } from '../../../../../src-renderer/features/train/draft-store.ts';
import type { DiagnosedFinding } from '../../../../../src-shared/domain/runs/diagnosis.ts';
import { datasetRecord } from '../../../../backend/records.ts';
import { backend } from '../../../fake-backend.ts';
import { renderInWindow } from '../../../window.tsx';
import { makeRun } from '../run-records.ts';

vi.mock('../../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../../fake-backend.ts')).request,
}));

beforeEach(() => {
  backend.asked = [];
  resetForm();
});

const high: DiagnosedFinding = {
  ...{ id: 'learning-rate-high', label: 'Learning rate too high', severity: 'warning' },
  evidence: 'The training loss rose from 2.33 to 7.74 and ended at 2.41.',
  ...{
    advice: 'Train again with a learning rate of 0.0001.',
    changes: { learning_rate: 1e-4 },
    dataSteps: null,
    opens: null,
  },
};
const leak: DiagnosedFinding = {
  ...{ id: 'label-leak', label: 'The text names its label', severity: 'problem', evidence: '98 of 100 texts.' },
  ...{ advice: 'Remove the label.', changes: null, dataSteps: null, opens: 'dataset' },
};

function open(findings: readonly DiagnosedFinding[], parts = {}) {
  backend.answers = { 'runs.diagnose': () => [...findings] };
  return renderInWindow(<RunFindings run={{ ...makeRun('a', { accuracy: 0.5 }), ...parts }} />);
}

test('a finding has its severity as a word, its numbers, and a button that fills the form of Train', async () => {
  const view = open([leak, high]);
  const [first, second] = (await view.findAllByRole('listitem')).map(({ textContent }) => textContent);
  expect(first).toBe('ProblemThe text names its label98 of 100 texts.Remove the label.Open dataset');
  expect(second).toContain(`Warning${high.label}${high.evidence}${high.advice}`);
  const panel = within(view.getByRole('region', { name: 'Findings' }));
  fireEvent.click(panel.getByRole('button', { name: 'Change in Train: Learning rate too high' }));
  expect(useTrainForm.getState().draft['learning_rate']).toBe(1e-4);
  expect(window.location.hash).toBe('#/train');
});

test('rows of an own dataset are left out by a button, which opens Train with the run', async () => {
  const repeated: DiagnosedFinding = { ...leak, id: 'duplicates-across-splits', dataSteps: 'drop-leaks' };
  const source = { reader: 'csv', path: '/a.csv', options: { steps: 'trim' } };
  const shown = (datasetId: string, bundled: boolean) => {
    const view = open([repeated], { id: datasetId, datasetId });
    backend.answers['datasets.get'] = () => ({ ...datasetRecord, id: datasetId, bundled, source });
    backend.answers['datasets.update'] = () => datasetRecord;
    return view;
  };
  const view = shown('own', false);
  fireEvent.click(await view.findByRole('button', { name: 'Fix dataset and train: The text names its label' }));
  await vi.waitFor(() => expect(window.location.hash).toBe('#/train'));
  expect(backend.inputsOf('datasets.update')).toEqual([{ id: 'own', options: { steps: 'trim; drop-leaks' } }]);
  view.unmount();
  expect(await shown('bundled', true).findByRole('button', { name: /^Open dataset/ })).toBeTruthy();
});

test('a run without findings has no panel, and an imported run no button', async () => {
  const none = open([]);
  await vi.waitFor(() => expect(backend.asked).toHaveLength(1));
  expect(none.queryByRole('region')).toBeNull();
  none.unmount();
  const origin = { format: 'trackio', path: '/x', settings: {} } as never;
  const view = open([{ ...high, id: 'other' }], { id: 'imported', origin });
  await view.findByText(high.evidence);
  expect(view.queryByRole('button')).toBeNull();
});
