// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { ModelDetail } from '../../../../src-renderer/features/models/model-detail.tsx';
import { backend, textModel } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const model = textModel('mine');
const detail = () => renderInWindow(<ModelDetail model={model} onStarted={() => undefined} />);

beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'models.memory': () => [] };
});

test('a model whose folder is gone says so, and offers no training', async () => {
  const view = detail();
  const note = await view.findByRole('alert');
  expect(note.textContent).toContain('The folder of this model is missing');
  expect(view.getByRole('button', { name: 'Fine-tune' }).hasAttribute('disabled')).toBe(true);
});

test('a model can be renamed', async () => {
  backend.answers = { 'models.rename': ({ name }) => ({ ...model, name }) };
  const view = detail();
  expect(view.getByRole('button', { name: 'Fine-tune' }).hasAttribute('disabled')).toBe(false);
  fireEvent.click(view.getByRole('button', { name: 'More actions for mine' }));
  fireEvent.click(await view.findByRole('menuitem', { name: 'Rename…' }));
  fireEvent.change(await view.findByRole('textbox', { name: 'Name' }), { target: { value: 'My base' } });
  fireEvent.click(view.getByRole('button', { name: 'Rename' }));
  await waitFor(() => expect(backend.inputsOf('models.rename')).toEqual([{ id: 'mine', name: 'My base' }]));
});
