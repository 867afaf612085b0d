// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { EvaluationPanel } from '../../../../src-renderer/features/evaluation/evaluation-panel.tsx';
import type { JobRecord } from '../../../../src-shared/domain/jobs/job.ts';
import { backend, dataset, job, textModel } from '../../fake-backend.ts';
import { fieldOf, renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const done: JobRecord = { ...job('job', 'evaluate'), status: 'completed' };
const result = {
  accuracy: 0.75,
  loss: 0.5,
  examples: 40,
  confusion: [],
  metrics: {},
  labels: [],
  seconds: 2,
  forgetting: { measure: 'text-loss', base: 4, adapted: 4.25, rise: 0.25, accuracy: null, count: 10 },
} as const;
let file: string | null = '/home/me/out.jsonl';

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'datasets.list': () => [],
    'evaluate.start': () => done,
    'jobs.get': () => done,
    'jobs.result': () => ({
      kind: 'evaluate',
      result: { ...result, confusion: [], labels: [] },
    }),
  };
  vi.stubGlobal('coto', { dialogs: { saveFile: async () => file } });
});

const style = { name: 'style', modelId: 'base', adapter: { id: 'a', datasetId: 'data' } };

test('an adapter is evaluated on its dataset, and the result says what it costs', async () => {
  const view = renderInWindow(<EvaluationPanel evaluated={style} />);
  fireEvent.change(fieldOf(view, 'Eval examples').control, { target: { value: '40' } });
  fireEvent.click(view.getByRole('button', { name: 'Evaluate' }));
  await waitFor(() => expect(view.getByText('75.0 %')).toBeTruthy());
  expect(backend.inputsOf('evaluate.start')).toEqual([
    {
      model: 'base',
      dataset: 'data',
      adapters: [{ adapter: { adapterId: 'a' } }],
      eval_samples: 40,
      predictions: null,
    },
  ]);
  expect(view.getByText('+0.2500 nats per token (4.2500, base 4.0000)')).toBeTruthy();
  expect(view.queryByText('/home/me/out.jsonl')).toBeNull();
});

test('shows the scores of each entity of tagged words in a table', async () => {
  const entities = [{ type: 'PER', precision: 1, recall: 0.5, f1: 0.6667, count: 1200 }];
  backend.answers['jobs.result'] = () => ({
    kind: 'evaluate',
    result: { ...result, confusion: [], labels: [], metrics: { entity_f1: 0.6 }, entities },
  });
  const view = renderInWindow(<EvaluationPanel evaluated={style} />);
  fireEvent.click(view.getByRole('button', { name: 'Evaluate' }));
  await waitFor(() => expect(view.getByRole('cell', { name: 'PER' })).toBeTruthy());
  const row = view.getByRole('cell', { name: 'PER' }).parentElement;
  expect([...(row?.children ?? [])].map((cell) => cell.textContent)).toEqual([
    'PER',
    '66.7 %',
    '100.0 %',
    '50.0 %',
    '1,200',
  ]);
  expect(view.getByText('60.0 %')).toBeTruthy();
});

test('a dataset whose labels do not fit is offered with the reason, and not evaluated on', async () => {
  backend.answers['datasets.list'] = () => [dataset('data', 'digits'), dataset('other', 'other')];
  backend.answers['evaluate.datasets'] = () => [
    { datasetId: 'data', problem: 'It has 7 labels, the head 10.' },
    { datasetId: 'other', problem: null },
  ];
  const view = renderInWindow(<EvaluationPanel evaluated={style} />);
  expect(await view.findAllByText('It has 7 labels, the head 10.')).toBeTruthy();
  expect(view.getByRole('button', { name: 'Evaluate' })).toHaveProperty('disabled', true);
  expect(backend.inputsOf('evaluate.datasets')).toEqual([{ model: 'base', adapterId: 'a' }]);
  fireEvent.click(fieldOf(view, 'Dataset').control);
  fireEvent.click(await view.findByText('other'));
  await waitFor(() => expect(view.getByRole('button', { name: 'Evaluate' })).toHaveProperty('disabled', false));
});

test('predictions go to the file that is chosen, and nowhere without one', async () => {
  const view = renderInWindow(<EvaluationPanel evaluated={style} />);
  file = null;
  fireEvent.click(view.getByRole('button', { name: 'Save predictions…' }));
  await new Promise((resolve) => setTimeout(resolve));
  expect(backend.inputsOf('evaluate.start')).toEqual([]);
  file = '/home/me/out.jsonl';
  fireEvent.click(view.getByRole('button', { name: 'Save predictions…' }));
  await waitFor(() => expect(view.getByText('/home/me/out.jsonl')).toBeTruthy());
  expect(backend.inputsOf('evaluate.start')).toMatchObject([{ predictions: '/home/me/out.jsonl' }]);
});

test('a base is evaluated alone once a dataset is chosen; an adapter without its base is not', () => {
  const base = renderInWindow(<EvaluationPanel evaluated={{ name: 'base', modelId: 'base', adapter: null }} />);
  expect(base.getByText('Choose the dataset to evaluate on.')).toBeTruthy();
  base.unmount();
  const foreign = renderInWindow(<EvaluationPanel evaluated={{ ...style, modelId: null }} />);
  expect(foreign.getByText(/base of this adapter is not in the studio/)).toBeTruthy();
  expect(foreign.getByRole('button', { name: 'Evaluate' })).toHaveProperty('disabled', true);
});

test('a CLIP without an adapter is scored zero-shot, with texts of the classes of one’s own', async () => {
  const text = textModel('clip');
  const description = { ...text.description, kind: 'embedding' as const, image: { height: 1, width: 1, channels: 3 } };
  Object.assign(backend.answers, {
    'models.list': () => [{ ...text, description }],
    'datasets.list': () => [dataset('digits')],
    'evaluate.datasets': () => [{ datasetId: 'digits', problem: null }],
  });
  const view = renderInWindow(<EvaluationPanel evaluated={{ name: 'clip', modelId: 'clip', adapter: null }} />);
  fireEvent.click(fieldOf(view, 'Dataset').control);
  fireEvent.click(await view.findByText('digits'));
  const evaluate = view.getByRole('button', { name: 'Evaluate' });
  const texts = await view.findByRole('textbox', { name: 'Class templates' });
  expect(texts).toHaveProperty('value', 'a photo of a {label}.');
  fireEvent.change(texts, { target: { value: 'a number' } });
  expect(evaluate).toHaveProperty('disabled', true);
  expect(view.getByText(/"a number" has no/)).toBeTruthy();
  fireEvent.change(texts, { target: { value: 'the number {label}' } });
  fireEvent.click(evaluate);
  await waitFor(() => expect(backend.inputsOf('evaluate.start')).toHaveLength(1));
  expect(backend.inputsOf('evaluate.start')[0]).toMatchObject({
    adapters: [],
    settings: { class_templates: 'the number {label}' },
  });
});
