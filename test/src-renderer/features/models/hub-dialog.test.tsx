// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { HubDialog } from '../../../../src-renderer/features/models/hub-dialog.tsx';
import { requests } from '../../../../src-shared/contract/requests.ts';
import type { JobRecord } from '../../../../src-shared/domain/jobs/job.ts';
import { backend, job } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const plan = {
  repository: 'org/name',
  revision: 'main',
  commit: 'abc',
  host: 'huggingface.co',
  folder: '/cache',
  files: [
    { name: 'model.safetensors', bytes: 3 * 2 ** 30, present: false },
    { name: 'config.json', bytes: 100, present: true },
  ],
  quantization: null,
  formats: [{ quantization: null, bytes: 3 * 2 ** 30 }],
  model: null,
};

const hubModel = requests['models.plan'].input;

beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'models.plan': () => plan, 'models.download': () => job('j', 'download') };
});

test('a model is found first, then downloaded; another name needs another plan', async () => {
  const started: JobRecord[] = [];
  const close = vi.fn();
  const view = renderInWindow(<HubDialog opened onClose={close} onStarted={(one) => started.push(one)} />);
  const find = await view.findByRole('button', { name: 'Find' });
  expect(find).toHaveProperty('disabled', true);
  fireEvent.change(view.getByLabelText('Model'), { target: { value: ' org/name ' } });
  fireEvent.click(find);
  const download = await view.findByRole('button', { name: 'Download 1 file (3.00 GiB)' });
  expect(backend.inputsOf('models.plan')).toEqual([{ repository: 'org/name', revision: 'main' }]);
  fireEvent.change(view.getByLabelText('Revision'), { target: { value: 'v2' } });
  expect(view.queryByRole('button', { name: /^Download/ })).toBeNull();
  fireEvent.click(view.getByRole('button', { name: 'Find' }));
  fireEvent.click(await view.findByRole('button', { name: 'Download 1 file (3.00 GiB)' }));
  await expect.poll(() => started.map(({ id }) => id)).toEqual(['j']);
  expect(backend.inputsOf('models.download')).toEqual([{ repository: 'org/name', revision: 'v2', quantization: null }]);
  expect(download).toBeDefined();
  expect(close).toHaveBeenCalledOnce();
});

test('shows family, size and memory to train of the model before the download', async () => {
  const choice = { per_device_train_batch_size: 8, gradient_accumulation_steps: 1, gradient_checkpointing: false };
  backend.answers['models.plan'] = () => ({
    ...plan,
    model: {
      family: 'Gemma 3',
      architecture: 'Gemma3ForCausalLM',
      parameterCount: 268_098_176,
      memory: {
        tokens: 1024,
        freeMemoryBytes: 8 * 2 ** 30,
        memoryDevice: null,
        largestTensorBytes: null,
        choices: [{ ...choice, quantization: null, bytes: 3 * 2 ** 30, verdict: 'fits' }],
      },
    },
  });
  const view = renderInWindow(<HubDialog opened onClose={() => undefined} onStarted={() => undefined} />);
  fireEvent.change(view.getByLabelText('Model'), { target: { value: 'org/name' } });
  fireEvent.click(await view.findByRole('button', { name: 'Find' }));
  await view.findByText('Gemma 3');
  expect(view.getByText(/268,098,176 parameters/)).toBeDefined();
  expect(view.getByText(/takes 3\.00 GiB \(batch 8 × 1\) of 8\.00 GiB free/)).toBeDefined();
  expect(view.getByText('fits')).toBeDefined();
});

test('offers a choice between several forms of the weights', async () => {
  const formats = [
    { quantization: 'Q4_K_M', bytes: 2 ** 30 },
    { quantization: 'Q8_0', bytes: 2 ** 31 },
  ];
  backend.answers['models.plan'] = (input) => {
    const quantization = hubModel.parse(input).quantization ?? 'Q4_K_M';
    const bytes = formats.find((format) => format.quantization === quantization)?.bytes ?? 0;
    return { ...plan, files: [{ name: `name-${quantization}.gguf`, bytes, present: false }], quantization, formats };
  };
  const view = renderInWindow(<HubDialog opened onClose={() => undefined} onStarted={() => undefined} />);
  fireEvent.change(await view.findByLabelText('Model'), { target: { value: 'org/name' } });
  fireEvent.click(view.getByRole('button', { name: 'Find' }));
  await view.findByRole('button', { name: 'Download 1 file (1.00 GiB)' });
  fireEvent.click(view.getByRole('combobox', { name: 'Weights' }));
  fireEvent.click(await view.findByRole('option', { name: 'Q8_0 (2.00 GiB)' }));
  fireEvent.click(await view.findByRole('button', { name: 'Download 1 file (2.00 GiB)' }));
  await waitFor(() => expect(backend.inputsOf('models.download')).toHaveLength(1));
  expect(backend.inputsOf('models.download')).toEqual([
    { repository: 'org/name', revision: 'main', quantization: 'Q8_0' },
  ]);
});

test('shows errors in the dialog', async () => {
  backend.answers['models.plan'] = () => {
    throw new Error('There is no such model.');
  };
  const view = renderInWindow(<HubDialog opened onClose={() => undefined} onStarted={() => undefined} />);
  fireEvent.change(await view.findByLabelText('Model'), { target: { value: 'org/none' } });
  fireEvent.click(view.getByRole('button', { name: 'Find' }));
  expect(await view.findByText(/There is no such model/)).toBeTruthy();
});

test('opens without the plan of the model that was found before', async () => {
  const dialog = (opened: boolean) => (
    <HubDialog opened={opened} onClose={() => undefined} onStarted={() => undefined} />
  );
  const view = renderInWindow(dialog(true));
  fireEvent.change(await view.findByLabelText('Model'), { target: { value: 'org/name' } });
  fireEvent.click(view.getByRole('button', { name: 'Find' }));
  await view.findByRole('button', { name: /^Download/ });
  view.rerender(dialog(false));
  await waitFor(() => expect(view.queryByLabelText('Model')).toBeNull());
  view.rerender(dialog(true));
  expect(await view.findByLabelText('Model')).toHaveProperty('value', '');
  expect(view.queryByRole('button', { name: /^Download/ })).toBeNull();
  expect(view.getByRole('button', { name: 'Find' })).toHaveProperty('disabled', true);
});
