// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { TargetsPanel } from '../../../../src-renderer/features/settings/targets-panel.tsx';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const lab = { name: 'lab', kind: 'slurm', host: 'login1', parameters: {}, isSaved: true };

test('a target is probed when it is asked for, and says what stands against it with the way out', async () => {
  const facts = [{ label: 'Slurm', value: '24.11.5' }];
  const problems = [{ message: 'There is no coto command on n1.', hint: 'Install CoTo Studio there.' }];
  backend.answers = {
    'targets.list': () => ({ targets: [lab], kinds: [] }),
    'targets.probe': () => ({ facts, problems }),
  };
  const view = renderInWindow(<TargetsPanel />);
  await waitFor(() => view.getByText('slurm:login1'));
  expect(backend.inputsOf('targets.probe')).toEqual([]);
  fireEvent.click(view.getByText('Probe'));
  await waitFor(() => view.getByText('24.11.5'));
  expect(backend.inputsOf('targets.probe')).toEqual([{ name: 'lab' }]);
  view.getByText('There is no coto command on n1.');
  view.getByText('Install CoTo Studio there.');
  expect(view.queryByText('A study can run there.')).toBeNull();
});
