// @vitest-environment happy-dom
import { act, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { ConfigForm } from '../../../../src-renderer/features/train/config-form.tsx';
import { resetForm, setField } from '../../../../src-renderer/features/train/draft-store.ts';
import { useRunDraft } from '../../../../src-renderer/features/train/use-run-draft.ts';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { backend, catalog } from '../../fake-backend.ts';
import { fieldOf, renderHookInWindow, renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const misfit = 'This model reads images, but the dataset contains texts.';
let refused: string | null = null;
let field: string | null = 'dataset';
const estimate = {
  trainableParameters: 1,
  totalParameters: 2,
  totalSteps: 3,
  groups: [],
  targetModules: [],
  trainExamples: 4,
  memory: [],
  freeMemoryBytes: 5,
  memoryDevice: null,
  largestTensorBytes: null,
  tensorBytes: 0,
  stepMilliseconds: null,
  stepOfSameAdapter: false,
  seconds: null,
  diskBytes: 0,
  microBatch: { size: 32, accumulation: 1 },
  yaml: '',
};

beforeEach(() => {
  refused = misfit;
  field = 'dataset';
  backend.asked = [];
  backend.answers = {
    'app.catalog': () => catalog,
    'runs.estimate': () => {
      if (refused !== null) {
        const error = new StudioError('refused', refused, 'Choose another dataset.');
        throw field === null ? error : error.at(field);
      }
      return estimate;
    },
  };
  resetForm();
});

test('a run that the estimate refuses cannot be started, and the field says why', async () => {
  const { result } = renderHookInWindow(() => useRunDraft());
  await waitFor(() => expect(result.current.refusal?.message).toBe(misfit));
  expect([...result.current.problems]).toEqual([['dataset', `${misfit} Choose another dataset.`]]);
  act(() => result.current.start());
  expect(backend.inputsOf('runs.create')).toEqual([]);
  // The last message stays until the next answer arrives.
  act(() => setField('dataset', 'mnist'));
  expect(result.current.refusal?.message).toBe(misfit);
  refused = null;
  await waitFor(() => expect(result.current.refusal).toBeNull());
  expect(result.current.problems.size).toBe(0);
  act(() => result.current.start());
  await waitFor(() => expect(backend.inputsOf('runs.create')).toHaveLength(1));
});

test('checks problems fixed outside of the form again', async () => {
  const { result } = renderHookInWindow(() => useRunDraft());
  await waitFor(() => expect(result.current.refusal).not.toBeNull());
  refused = null;
  act(() => result.current.checkAgain());
  await waitFor(() => expect(result.current.refusal).toBeNull());
});

test('a run that is not queued after all is said beside the form, and can be started again', async () => {
  refused = null;
  backend.answers['runs.create'] = () => {
    throw new StudioError('disk_full', 'The disk is full.');
  };
  const { result } = renderHookInWindow(() => useRunDraft());
  await waitFor(() => expect(result.current.estimate).toBeDefined());
  act(() => result.current.start());
  await waitFor(() => expect(result.current.failure?.message).toBe('The disk is full.'));
  expect(result.current.refusal).toBeNull();
  act(() => setField('seed', 7));
  expect(result.current.failure).toBeNull();
});

function Form() {
  const { problems } = useRunDraft();
  return <ConfigForm models={[]} datasets={[]} catalog={catalog} problems={problems} targetOutcome="" />;
}

test.each([
  ['learning_rate', 'Learning rate'],
  ['adapter.r', 'Rank'],
  ['adapter.target_modules.0', 'Target modules'],
])('marks the field that the error names: %s', async (path, label) => {
  field = path;
  const view = renderInWindow(<Form />);
  const shown = path.split('.').slice(0, 2).join('.');
  await waitFor(() => expect(fieldOf(view, label).frame.textContent?.includes(misfit)).toBe(true));
  const marked = [...view.container.querySelectorAll('[data-field]')].filter((one) =>
    one.textContent?.includes(misfit),
  );
  expect(marked.map((one) => one.getAttribute('data-field'))).toEqual([shown]);
});

test.each([
  ['no field', null],
  ['a field that the form does not have', 'output_dir'],
])('shows an error of %s for the run as a whole', async (_, path) => {
  field = path;
  const { result } = renderHookInWindow(() => useRunDraft());
  await waitFor(() => expect(result.current.refusal?.message).toBe(misfit));
  expect(result.current.problems.size).toBe(0);
  expect(result.current.blockers).toMatchObject([{ field: null, message: misfit }]);
});
