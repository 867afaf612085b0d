// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { ClassTemplatesField } from '../../../../src-renderer/features/train/class-templates-field.tsx';
import { ClipTowersField } from '../../../../src-renderer/features/train/clip-towers-field.tsx';
import { ConfigForm } from '../../../../src-renderer/features/train/config-form.tsx';
import { resetForm, setField, useTrainForm } from '../../../../src-renderer/features/train/draft-store.ts';
import { trainStrings } from '../../../../src-renderer/strings/train.ts';
import { backend, catalog, dataset, textModel } from '../../fake-backend.ts';
import { fieldOf, renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'app.catalog': () => catalog };
  resetForm();
});

const field = (name: string) => useTrainForm.getState().draft[name];

test('texts of the classes are a published set or one’s own, with what becomes of the first class', async () => {
  const view = renderInWindow(<ClassTemplatesField labels={['hot_dog', 'tower']} problem={undefined} />);
  const { frame } = fieldOf(view, 'Class templates');
  expect(frame.textContent).toContain('hot_dog: “a photo of a hot dog.” · 2 classes');
  fireEvent.click(view.getByRole('combobox', { name: trainStrings.classTemplates.set }));
  fireEvent.click(await view.findByText('Textures'));
  await waitFor(() => expect(field('class_templates')).toBe('{label} texture.'));
  const text = view.getByRole('textbox', { name: 'Class templates' });
  expect(text).toHaveProperty('value', '{label} texture.');
  fireEvent.change(text, { target: { value: 'a sketch' } });
  expect(field('class_templates')).toBe('a sketch');
  expect(view.getByRole('alert').textContent).toContain('"a sketch" has no {label}');
  fireEvent.change(text, { target: { value: 'a sketch of a {label}' } });
  expect(view.queryByRole('alert')).toBeNull();
  expect(frame.textContent).toContain('a sketch of a hot dog');
});

test('adapters are on both towers, or on one by leaving the other out', async () => {
  const view = renderInWindow(<ClipTowersField />);
  const { control } = fieldOf(view, 'Encoder');
  expect(control).toHaveProperty('value', 'Both');
  fireEvent.click(control);
  fireEvent.click(await view.findByText('Vision'));
  await waitFor(() => expect(field('adapter.exclude_modules')).toBe(String.raw`text_model\..*`));
  expect(control).toHaveProperty('value', 'Vision');
  setField('adapter.exclude_modules', ['q_proj']);
  await waitFor(() => expect(control).toHaveProperty('value', trainStrings.towers.other));
});

test('a CLIP with images asks for both, and for nothing of language models; other bases do not', () => {
  const text = textModel('clip');
  const clip = {
    ...text,
    description: { ...text.description, kind: 'embedding' as const, image: { height: 16, width: 16, channels: 3 } },
  };
  setField('model', 'clip');
  setField('dataset', 'digits');
  const props = { datasets: [dataset('digits')], catalog, problems: new Map<string, string>(), targetOutcome: '' };
  const view = renderInWindow(<ConfigForm {...props} models={[clip]} />);
  const labels = () => view.queryAllByText(/./, { selector: 'label' }).map(({ textContent }) => textContent);
  expect(labels()).toEqual(expect.arrayContaining(['Class templates', 'Encoder', 'Train samples per class']));
  for (const other of ['Prompt template', 'Chat template', 'Max length', 'Packing', 'Group by length'])
    expect(labels()).not.toContain(other);
  view.unmount();
  const plain = renderInWindow(<ConfigForm {...props} models={[text]} />);
  expect(plain.queryByText('Encoder', { selector: 'label' })).toBeNull();
});
