// @vitest-environment happy-dom
import { act, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { defaultDraft } from '../../../../src-renderer/features/train/draft.ts';
import { resetForm, setField } from '../../../../src-renderer/features/train/draft-store.ts';
import { refusedField } from '../../../../src-renderer/features/train/refused-field.ts';
import { useRunDraft } from '../../../../src-renderer/features/train/use-run-draft.ts';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { backend, catalog } from '../../fake-backend.ts';
import { renderHookInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const misfit = 'This model reads images, but the dataset contains texts.';
let refused: string | null = null;
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
  backend.asked = [];
  backend.answers = {
    'app.catalog': () => catalog,
    'runs.estimate': () => {
      if (refused !== null) throw new StudioError('refused', refused, 'Choose another dataset.');
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

test('what is mended outside of the form is asked about again', async () => {
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

test.each([
  ['train_samples_per_class is 3, but the class a has 2 training examples.', 'train_samples_per_class'],
  ['adapter.target_modules matches nothing in the model.', 'adapter.target_modules'],
  ['There is no rank: target_modules is empty.', 'adapter.target_modules'],
  ['/models/my dataset has no tokenizer.json.', 'model'],
  ['The dataset has no test examples to score the run on.', 'dataset'],
  ['A vit model does not generate text.', 'model'],
  ['The backend quit.', null],
])('%s', (message, field) => {
  expect(refusedField(message, defaultDraft)).toBe(field);
});
