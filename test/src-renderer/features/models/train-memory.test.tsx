// @vitest-environment happy-dom
import { act, fireEvent } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { TrainMemory } from '../../../../src-renderer/features/models/train-memory.tsx';
import { useTrainForm } from '../../../../src-renderer/features/train/draft-store.ts';
import { modelRecordSchema } from '../../../../src-shared/domain/models/model.ts';
import type { MemoryVerdict } from '../../../../src-shared/results/memory-verdict.ts';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const gigabyte = 2 ** 30;
const choice = (batch: number, checkpointing: boolean, gigabytes: number, verdict: MemoryVerdict) => ({
  per_device_train_batch_size: batch,
  gradient_accumulation_steps: 8 / batch,
  gradient_checkpointing: checkpointing,
  quantization: null,
  bytes: gigabytes * gigabyte,
  verdict,
});
const model = modelRecordSchema.parse({
  id: 'llama',
  name: 'llama',
  path: '/llama',
  bundled: false,
  createdAt: 0,
  provenance: null,
  description: {
    family: 'llama',
    architecture: 'LlamaForCausalLM',
    kind: 'causal-lm',
    parameterCount: 1,
    sizeBytes: 1,
    dtype: 'BF16',
    layerCount: 1,
    hiddenSize: 1,
    labels: [],
    image: null,
    text: { vocabularySize: 1, maxPositions: 2048 },
    linears: [],
    fingerprint: 'f',
  },
});

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'models.memory': () => [
      {
        modelId: 'llama',
        tokens: 1024,
        freeMemoryBytes: 10 * gigabyte,
        memoryDevice: null,
        largestTensorBytes: null,
        choices: [choice(8, false, 24, 'does not fit'), choice(2, false, 9, 'tight'), choice(1, true, 4, 'fits')],
      },
    ],
  };
});

test('the fastest settings that fit go into the Train form', async () => {
  const view = renderInWindow(<TrainMemory model={model} onQuantize={() => undefined} />);
  expect(await view.findByText('24.0 GiB')).toBeTruthy();
  expect(view.getAllByText(/^(fits|tight|does not fit)$/).map(({ textContent }) => textContent)).toEqual([
    'does not fit',
    'tight',
    'fits',
  ]);
  fireEvent.click(view.getByRole('button', { name: 'Fine-tune with batch 1 × 8, gradient checkpointing' }));
  expect(useTrainForm.getState().draft).toMatchObject({
    model: 'llama',
    per_device_train_batch_size: 1,
    gradient_accumulation_steps: 8,
    gradient_checkpointing: true,
    max_length: 1024,
  });
  expect(window.location.hash).toContain('/train');
});

test('a model that fits only quantized is quantized first', async () => {
  const quantize = vi.fn();
  backend.answers['models.memory'] = () => [
    {
      modelId: 'llama',
      tokens: 1024,
      freeMemoryBytes: 10 * gigabyte,
      memoryDevice: null,
      largestTensorBytes: null,
      choices: [choice(1, true, 12, 'does not fit'), { ...choice(1, true, 5, 'fits'), quantization: 'nf4' }],
    },
  ];
  const view = renderInWindow(<TrainMemory model={model} onQuantize={quantize} />);
  expect(await view.findByText('NF4')).toBeTruthy();
  fireEvent.click(view.getByRole('button', { name: 'Quantize…' }));
  expect(quantize).toHaveBeenCalledOnce();
});

test('the free memory is read again while the page is open', async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  try {
    const answer = backend.answers['models.memory'];
    const view = renderInWindow(<TrainMemory model={model} onQuantize={() => undefined} />);
    expect(await view.findByText(/10\.0 GiB free now/)).toBeTruthy();
    backend.answers['models.memory'] = (input) =>
      (answer?.(input) ?? []).map((memory) => ({ ...memory, freeMemoryBytes: 3 * gigabyte }));
    await act(() => vi.advanceTimersByTimeAsync(10_000));
    expect(view.getByText(/3\.00 GiB free now/)).toBeTruthy();
  } finally {
    vi.useRealTimers();
  }
});
