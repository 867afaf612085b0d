// @vitest-environment happy-dom
import { fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { queryClient, requestKey } from '../../../../src-renderer/api/query.ts';
import { BenchmarkDetail } from '../../../../src-renderer/features/benchmarks/benchmark-detail.tsx';
import { NewBenchmark } from '../../../../src-renderer/features/benchmarks/new-benchmark.tsx';
import { firstStart } from '../../../../src-renderer/features/benchmarks/use-benchmark-form.ts';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { BenchmarkScore } from '../../../../src-shared/domain/evaluation/benchmark.ts';
import { benchmarkRecordSchema } from '../../../../src-shared/domain/evaluation/benchmark-record.ts';
import { adapter, backend, job, textModel } from '../../fake-backend.ts';
import { fieldOf, renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const merge = { kind: 'merge', method: 'ties', parameters: {}, inputs: [] };
const summary = { name: 'arc', file: 'arc.yaml', outputType: 'multiple_choice', shots: 3, total: 40, metrics: ['acc'] };
const saved: string[] = [];

beforeEach(() => {
  saved.length = 0;
  backend.asked = [];
  backend.answers = {
    'models.list': () => [textModel('base', 'writer'), textModel('other')],
    'adapters.list': () => [
      adapter('merged', { origin: merge, createdAt: 9 }),
      adapter('after', { createdAt: 1 }),
      adapter('elsewhere', { modelId: 'other' }),
    ],
    'benchmarks.tasks': () => [summary],
    'benchmarks.start': () => job('job', 'benchmark'),
  };
  vi.stubGlobal('coto', {
    versions: { app: '1' },
    dialogs: {
      openFile: async () => 'chosen:ssssssssssssssssssssss:/tasks/arc.yaml',
      saveText: async (text: string) => {
        saved.push(text);
        return '/out.json';
      },
    },
  });
});

test('tasks are chosen and read, and run on a base and its own adapters, what was merged last', async () => {
  const started: string[] = [];
  const view = renderInWindow(<NewBenchmark start={firstStart} onStarted={({ id }) => started.push(id)} />);
  const start = view.getByRole('button', { name: 'Start benchmark' });
  await waitFor(() => expect(view.getByText('Choose the tasks.')).toBeTruthy());
  expect(start.hasAttribute('disabled')).toBe(true);
  fireEvent.click(view.getByRole('button', { name: 'Choose a file…' }));
  await waitFor(() => expect(view.getByRole('cell', { name: 'multiple choice' })).toBeTruthy());
  expect(view.getByText('/tasks/arc.yaml')).toBeTruthy();

  const boxes = view.getAllByRole('checkbox').filter((box) => box.hasAttribute('value'));
  expect(boxes.map((box) => box.getAttribute('value'))).toEqual(['after', 'merged']);
  for (const box of boxes.toReversed()) fireEvent.click(box);
  fireEvent.change(fieldOf(view, 'Examples of each task').control, { target: { value: '8' } });
  fireEvent.change(fieldOf(view, 'Few-shot examples').control, { target: { value: '0' } });
  await waitFor(() => expect(view.getByText('1 task on 3 models: 8 examples each.')).toBeTruthy());
  expect(view.getAllByRole('cell').map(({ textContent }) => textContent)).toContain('0');
  fireEvent.click(start);
  await waitFor(() => expect(started).toEqual(['job']));
  expect(backend.inputsOf('benchmarks.start')).toEqual([
    {
      model: 'base',
      tasks: 'chosen:ssssssssssssssssssssss:/tasks/arc.yaml',
      columns: [null, { adapterId: 'after' }, { adapterId: 'merged' }],
      limit: 8,
      num_fewshot: 0,
      ...firstStart.chat,
    },
  ]);
});

test('an earlier benchmark is asked again with its adapters in their order and its prompts', async () => {
  const chat = { apply_chat_template: true, fewshot_as_multiturn: false, system_instruction: 'Be brief.' };
  const start = { modelId: 'base', adapterIds: ['merged', 'after'], tasks: '/tasks', limit: 0, shots: null, chat };
  const view = renderInWindow(<NewBenchmark start={start} onStarted={() => undefined} />);
  const button = view.getByRole('button', { name: 'Start benchmark' });
  await waitFor(() => expect(button.hasAttribute('disabled')).toBe(false));
  await waitFor(() => expect(view.getAllByRole('checkbox', { checked: true })).toHaveLength(3));
  fireEvent.click(view.getByRole('checkbox', { name: /Few-shot examples as turns/ }));
  fireEvent.change(view.getByRole('textbox', { name: 'System prompt' }), { target: { value: '' } });
  fireEvent.click(button);
  await waitFor(() => expect(backend.inputsOf('benchmarks.start')).toHaveLength(1));
  expect(backend.inputsOf('benchmarks.start')).toMatchObject([
    {
      columns: [null, { adapterId: 'merged' }, { adapterId: 'after' }],
      apply_chat_template: true,
      fewshot_as_multiturn: true,
      system_instruction: null,
    },
  ]);
});

test('tasks that cannot be run are said with the file and the key', async () => {
  backend.answers['benchmarks.tasks'] = () => {
    throw new StudioError('invalid_file', '/tasks/arc.yaml: repeats must be 1.');
  };
  const view = renderInWindow(<NewBenchmark start={firstStart} onStarted={() => undefined} />);
  fireEvent.click(view.getByRole('button', { name: 'Choose a file…' }));
  await waitFor(() => expect(view.getByText(/repeats must be 1/)).toBeTruthy());
  await waitFor(() => expect(view.getByText('These tasks cannot be run.')).toBeTruthy());
  expect(view.queryByText('Choose the tasks.')).toBeNull();
  const start = view.getByRole('button', { name: 'Start benchmark' });
  expect(start.hasAttribute('disabled')).toBe(true);
  // The file is mended meanwhile.
  backend.answers['benchmarks.tasks'] = () => [summary];
  fireEvent.click(view.getByRole('button', { name: 'Try again' }));
  await waitFor(() => expect(view.getByRole('cell', { name: 'multiple choice' })).toBeTruthy());
  expect(view.queryByText(/repeats must be 1/)).toBeNull();
  expect(start.hasAttribute('disabled')).toBe(false);
});

test('while the model works, its progress is followed', async () => {
  const record = benchmarkRecordSchema.parse({
    job: { ...job('job', 'benchmark'), status: 'running' },
    request: { model: 'base', tasks: '/tasks/arc.yaml', columns: [null] },
    names: ['writer'],
  });
  backend.answers['jobs.get'] = () => record.job;
  const view = renderInWindow(<BenchmarkDetail record={record} />);
  await waitFor(() => expect(backend.inputsOf('jobs.get')).toEqual([{ id: 'job' }]));
  const progress = { done: 3, total: 8, unit: 'examples', phase: 'arc', perSecond: null, etaSeconds: null };
  // Updates the cache like cache.ts does for a job's event; the list is not requested again.
  queryClient.setQueryData(requestKey('jobs.get', { id: 'job' }), { ...record.job, progress });
  await waitFor(() => expect(view.getByText(/^arc · 3 of 8/)).toBeTruthy());
});

test('a benchmark is deleted once that is confirmed', async () => {
  backend.answers['benchmarks.remove'] = () => ({ ok: true });
  const record = benchmarkRecordSchema.parse({
    job: { ...job('job', 'benchmark'), status: 'failed' },
    request: { model: 'base', tasks: '/tasks/arc.yaml', columns: [null] },
    names: ['writer'],
  });
  const view = renderInWindow(<BenchmarkDetail record={record} />);
  fireEvent.click(view.getByRole('button', { name: 'More for arc.yaml' }));
  fireEvent.click(await view.findByRole('menuitem', { name: 'Delete' }));
  const question = await view.findByRole('dialog', { name: 'Delete the benchmark "arc.yaml"?' });
  expect(backend.inputsOf('benchmarks.remove')).toEqual([]);
  fireEvent.click(within(question).getByRole('button', { name: 'Delete' }));
  await waitFor(() => expect(backend.inputsOf('benchmarks.remove')).toEqual([{ id: 'job' }]));
});

test.each([
  [[null], 'Value ± standard error.'],
  [[{ adapterId: 'after' }, { adapterId: 'merged' }], 'Value ± standard error.'],
  [[null, { adapterId: 'after' }], 'Value ± standard error; below it, the difference from the base.'],
])('the legend speaks of differences only where the base has adapters beside it: %j', async (columns, legend) => {
  backend.answers['jobs.result'] = () => ({ kind: 'benchmark', result: { tasks: [], groups: [], seconds: 3 } });
  const record = benchmarkRecordSchema.parse({
    job: { ...job('job', 'benchmark'), status: 'completed' },
    request: { model: 'base', tasks: '/tasks/arc.yaml', columns },
    names: [],
  });
  const view = renderInWindow(<BenchmarkDetail record={record} />);
  expect((await view.findByText(/^Value ±/)).textContent).toBe(legend);
});

test('before, after and merged are columns of one table, and each is saved as lm-eval writes it', async () => {
  const score = (metric: string, value: number | null, stderr: number | null): BenchmarkScore => ({
    metric,
    filter: 'none',
    value,
    stderr,
  });
  const task = {
    ...{ name: 'arc', file: 'arc.yaml', outputType: 'multiple_choice', version: 1, shots: 3, examples: 8, total: 40 },
    higherIsBetter: { acc: true, perplexity: false },
    config: {},
    columns: [
      [score('acc', 0.5, 0.1), score('perplexity', 1e9, null)],
      [score('acc', 0.75, 0.1), score('perplexity', 15.5, null)],
      [score('acc', 0.25, 0.1), score('perplexity', null, null)],
    ],
  };
  const group = {
    ...task,
    ...{ name: 'all', file: 'all.yaml', outputType: 'group', shots: 0, columns: [[score('acc', 0.5, null)]] },
  };
  backend.answers['jobs.result'] = () => ({
    kind: 'benchmark',
    result: { tasks: [task], groups: [group], seconds: 3 },
  });
  const record = benchmarkRecordSchema.parse({
    job: { ...job('job', 'benchmark'), status: 'completed' },
    request: {
      model: 'base',
      tasks: '/tasks/arc.yaml',
      columns: [null, { adapterId: 'after' }, { adapterId: 'merged' }],
    },
    names: ['writer', 'after', 'merged'],
  });
  const view = renderInWindow(<BenchmarkDetail record={record} />);
  await waitFor(() => expect(view.getByRole('table', { name: 'Results' })).toBeTruthy());
  const rows = view.getAllByRole('row').map((row) => [...row.children].map(({ textContent }) => textContent));
  expect(rows).toEqual([
    ['Task', 'Metric', 'Few-shot', 'Examples', 'writer', 'after', 'merged'],
    ['arc', 'acc ↑', '3', '8', '0.5000 ± 0.1000', '0.7500 ± 0.1000+0.2500', '0.2500 ± 0.1000−0.2500'],
    ['', 'perplexity ↓', '', '', '1e9', '15.5000−1e9', '∞'],
    // Its tasks may have different numbers of examples before the question.
    ['all', 'acc ↑', '', '8', '0.5000', '–', '–'],
  ]);
  fireEvent.click(view.getByRole('button', { name: 'Save as lm-eval JSON' }));
  fireEvent.click(await view.findByRole('menuitem', { name: 'after' }));
  await waitFor(() => expect(saved).toHaveLength(1));
  expect(JSON.parse(saved[0] ?? '')).toMatchObject({
    model_name: 'after',
    config: { model_args: 'writer', limit: null },
    results: { arc: { 'acc,none': 0.75, 'acc_stderr,none': 0.1, 'perplexity,none': 15.5 } },
  });
});
