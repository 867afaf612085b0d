// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { QuantizeDialog } from '../../../../src-renderer/features/models/quantize-dialog.tsx';
import { backend, job } from '../../fake-backend.ts';
import { openedDialog } from './opened-dialog.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'models.quantizations': () => ({
      beforeBytes: 2 * 2 ** 30,
      choices: [
        { type: 'nf4', afterBytes: 2 ** 30, quantizedShare: 0.8 },
        { type: 'Q8_0', afterBytes: 1.5 * 2 ** 30, quantizedShare: 0.9 },
      ],
    }),
    'models.quantize': () => job('j', 'quantize'),
  };
});

test('a type is chosen by what the files take, and the copy is named after it', async () => {
  const { view, started, close } = openedDialog(QuantizeDialog);
  await view.findByLabelText('NF4: 1.00 GiB instead of 2.00 GiB (50 %)');
  // Types that fit nothing of this base are not offered.
  expect(view.getByRole('radio', { name: 'int8' })).toHaveProperty('disabled', true);
  fireEvent.click(view.getByLabelText('Q8_0: 1.50 GiB instead of 2.00 GiB (75 %)'));
  expect(view.getByLabelText('Name')).toHaveProperty('value', 'tiny-Q8_0');
  fireEvent.click(view.getByRole('button', { name: 'Quantize' }));
  await waitFor(() => expect(started).toEqual(['j']));
  expect(backend.inputsOf('models.quantize')).toEqual([{ id: 'm', type: 'Q8_0', name: 'tiny-Q8_0' }]);
  expect(close).toHaveBeenCalledOnce();
});

test('shows the reason why a base cannot be quantized in the dialog', async () => {
  backend.answers['models.quantizations'] = () => {
    throw new Error('It is quantized already.');
  };
  const { view } = openedDialog(QuantizeDialog);
  expect(await view.findByText(/It is quantized already/)).toBeTruthy();
  expect(view.getByRole('button', { name: 'Quantize' })).toHaveProperty('disabled', true);
});
