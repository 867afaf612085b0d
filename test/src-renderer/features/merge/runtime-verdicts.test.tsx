// @vitest-environment happy-dom
import { waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { RuntimeVerdicts } from '../../../../src-renderer/features/merge/runtime-verdicts.tsx';
import { backend, catalog } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

beforeEach(() => {
  backend.asked = [];
  backend.answers = {};
});

test('each program says yes, or why not and the export that helps', async () => {
  const target = { id: 'mlx', label: 'MLX folder', summary: 'For mlx-lm.', parameters: [], makes: 'folder' as const };
  backend.answers = {
    'app.catalog': () => ({ ...catalog, exportTargets: [target] }),
    'adapters.contents': () => ({
      linears: 2,
      embeddings: [],
      parts: {},
      folder: '/home/adapters/a',
      replacedBiases: 0,
      whole: [],
      runtimes: [
        { id: 'vllm', label: 'vLLM', verdict: 'yes', message: 'Loads as it is.', remedy: null, source: 'its docs' },
        {
          id: 'mlx',
          label: 'MLX',
          verdict: 'converted',
          message: 'Loads as an MLX folder.',
          remedy: { target: 'mlx', parameters: {} },
          source: 'its code',
        },
        {
          id: 'lm-studio',
          label: 'LM Studio',
          verdict: 'no',
          message: 'Whole models only.',
          remedy: null,
          source: 'issue',
        },
      ],
    }),
  };
  const view = renderInWindow(<RuntimeVerdicts adapter={{ id: 'a' }} />);
  await waitFor(() => expect(view.getByText('Loads as it is.')).toBeTruthy());
  expect(view.getByRole('img', { name: 'vLLM: yes' })).toBeTruthy();
  expect(view.getByRole('img', { name: 'MLX: after conversion' })).toBeTruthy();
  expect(view.getByRole('img', { name: 'LM Studio: no' })).toBeTruthy();
  await waitFor(() => expect(view.getByText(/Export as › MLX folder/)).toBeTruthy());
  expect(backend.inputsOf('adapters.contents')).toEqual([{ id: 'a' }]);
});
