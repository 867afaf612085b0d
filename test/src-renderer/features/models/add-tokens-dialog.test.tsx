// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { AddTokensDialog } from '../../../../src-renderer/features/models/add-tokens-dialog.tsx';
import { backend, job } from '../../fake-backend.ts';
import { openedDialog } from './opened-dialog.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'models.addTokens': () => job('j', 'add-tokens') };
});

test('starts a copy with the tokens that were typed, and closes', async () => {
  const { view, started, close } = openedDialog(AddTokensDialog);
  const field = await view.findByLabelText('Tokens');
  expect(view.getByRole('button', { name: 'Add tokens' })).toHaveProperty('disabled', true);
  fireEvent.change(field, { target: { value: '<|tool|>\n\na, b\n' } });
  fireEvent.click(view.getByRole('switch', { name: /^Special tokens/ }));
  expect(view.getByLabelText('Name')).toHaveProperty('value', 'tiny-tokens');
  fireEvent.click(view.getByRole('button', { name: 'Add tokens' }));
  await waitFor(() => expect(started).toEqual(['j']));
  const tokens = ['<|tool|>', 'a, b'].map((content) => ({ content, special: false }));
  expect(backend.inputsOf('models.addTokens')).toEqual([{ id: 'm', tokens, name: 'tiny-tokens' }]);
  expect(close).toHaveBeenCalledOnce();
});

test('shows the reason why a token cannot be added', async () => {
  backend.answers['models.addTokens'] = () => {
    throw new Error('the tokenizer already has "<s>" (id 1).');
  };
  const { view } = openedDialog(AddTokensDialog);
  const field = await view.findByLabelText('Tokens');
  fireEvent.change(field, { target: { value: '<s>' } });
  fireEvent.click(view.getByRole('button', { name: 'Add tokens' }));
  expect(await view.findByText(/the tokenizer already has/)).toBeTruthy();
});
