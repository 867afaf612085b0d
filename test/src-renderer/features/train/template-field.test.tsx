// @vitest-environment happy-dom
import { fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { resetForm, useTrainForm } from '../../../../src-renderer/features/train/draft-store.ts';
import { TemplateField } from '../../../../src-renderer/features/train/template-field.tsx';
import { backend, dataset, textModel } from '../../fake-backend.ts';
import { fieldOf, renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const columns = {
  text: null,
  text_pair: null,
  label: null,
  choices: null,
  prompt: null,
  input: null,
  completion: null,
  messages: 'm',
};
const talks = dataset('talks', 'Talks', {
  task: 'text',
  labels: [],
  image: null,
  text: {
    shape: 'messages',
    columnNames: ['m'],
    columns,
    labelKind: 'none',
    splitRule: '',
    rowCount: 1,
    faultyRows: 0,
    duplicates: { comparedRows: 1, withinTrain: 0, withinTest: 0, across: 0, nearComparedRows: 1, nearAcross: 0 },
  },
});

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'generation.templates': () => ({ own: [], known: [{ id: 'chatml', label: 'ChatML', text: '{{ chatml }}' }] }),
    'datasets.texts': () => [],
    'generation.render': ({ template }) =>
      template === '{% if'
        ? { prompt: null, tokens: null, problem: { message: 'it ends in the middle of a tag', line: 1 } }
        : { prompt: 'x', tokens: 1, problem: null },
    'datasets.tokens': ({ chat_template }) => ({
      text: `by ${chat_template}`,
      written: 'template',
      counts: 'completion',
      tokens: [{ id: 1, text: 'by', counted: true }],
      tokenCount: 1,
      countedCount: 1,
    }),
  };
  resetForm();
});

const chosen = () => useTrainForm.getState().draft['chat_template'];

test('a run is given a published template, or one of its own with a live preview of an example', async () => {
  const view = renderInWindow(<TemplateField model={textModel('m')} dataset={talks} problem={undefined} />);
  const { control, frame } = fieldOf(view, 'Chat template');
  expect(within(frame).getByText('default')).toBeTruthy();
  await waitFor(() => expect(backend.inputsOf('generation.templates')).toHaveLength(1));
  fireEvent.click(control);
  // The model has none of its own, which is said where it would be chosen.
  await view.findByText('Auto: none, as this model has no template');
  fireEvent.click(await view.findByText('ChatML'));
  await waitFor(() => expect(chosen()).toBe('chatml'));
  fireEvent.click(view.getByRole('button', { name: 'Preview and edit…' }));
  const editor = await view.findByRole('textbox', { name: 'Template (Jinja)' });
  expect(editor).toHaveProperty('value', '{{ chatml }}');
  expect(await view.findByText('by chatml')).toBeTruthy();
  fireEvent.change(editor, { target: { value: '{{ mine }}' } });
  expect(chosen()).toBe('{{ mine }}');
  expect(await view.findByText('by {{ mine }}')).toBeTruthy();
  // Text without a template tag does not reach the run.
  fireEvent.change(editor, { target: { value: 'mine' } });
  expect(chosen()).toBe('{{ mine }}');
  expect(await view.findByText(/A template has at least one Jinja tag/)).toBeTruthy();
  fireEvent.change(editor, { target: { value: '{% if' } });
  expect(await view.findByText('Line 1: it ends in the middle of a tag')).toBeTruthy();
  fireEvent.click(view.getByRole('button', { name: 'Use auto' }));
  expect(chosen()).toBe('auto');
});

test('a token that the base never learned is named, and one click trains it', async () => {
  backend.answers['datasets.lengths'] = () => ({
    lengths: [3],
    unwritable: 0,
    answers: { answers: 1, unlearned: 0, excluded: 0, droppedReasoning: 0 },
    untrained: [{ id: 2, text: '<|im_end|>', inEmbedding: false, inHead: true }],
    maxPositions: 8,
  });
  const view = renderInWindow(<TemplateField model={textModel('m')} dataset={talks} problem={undefined} />);
  expect(await view.findByText(/^<\|im_end\|> was never trained in the base/)).toBeTruthy();
  fireEvent.click(view.getByRole('button', { name: 'Train these tokens' }));
  expect(useTrainForm.getState().draft['adapter.trainable_token_indices']).toEqual(['<|im_end|>']);
  await waitFor(() => expect(view.queryByText(/was never trained/)).toBeNull());
});
