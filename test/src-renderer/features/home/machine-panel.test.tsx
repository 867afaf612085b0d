// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest';
import { MachinePanel } from '../../../../src-renderer/features/home/machine-panel.tsx';
import type { SystemStatus } from '../../../../src-shared/domain/app/catalog.ts';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const gib = 2 ** 30;

function open(gpu: SystemStatus['gpu']) {
  const bytes = { memoryUsedBytes: gib, memoryTotalBytes: 16 * gib, diskFreeBytes: gib, homeBytes: gib };
  backend.answers = { 'app.status': () => ({ backend: 'webgpu', ...bytes, gpu, queued: 0 }) };
  return renderInWindow(<MachinePanel />);
}

test('a graphics device has its memory and utilization, of what it tells', async () => {
  const gpu = { name: 'RTX', memoryUsedBytes: 2 * gib, memoryTotalBytes: 8 * gib, utilization: 0.5 };
  const view = open(gpu);
  expect(await view.findByText('2.00 GiB of 8.00 GiB')).toBeTruthy();
  expect(view.getByRole('progressbar', { name: /^RTX/ }).getAttribute('aria-valuenow')).toBe('25');
  expect(view.getByText('GPU utilization').parentElement?.textContent).toContain('50');
});

test('without one there is no row', async () => {
  const view = open(null);
  expect(await view.findByText('1.00 GiB of 16.0 GiB')).toBeTruthy();
  expect(view.queryByText(/^GPU/)).toBe(null);
});
