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

test('removes files of studies on a target after a question, and keeps those still needed', async () => {
  const bundle = { folder: '/shared/x', studyId: 'study-1', runs: 2, bytes: 2048 };
  let bundles = [
    { ...bundle, id: 'a', studyName: 'Done', keptFor: null },
    // Bundle of the same design, and therefore with the same id.
    {
      ...bundle,
      id: 'a',
      folder: '/shared/y',
      studyName: 'Going on',
      keptFor: '1 of its runs are waiting or running there',
    },
  ];
  backend.answers = {
    'targets.list': () => ({ targets: [lab], kinds: [] }),
    'targets.bundles': () => bundles,
    'targets.clean': () => {
      const [first, ...others] = bundles;
      bundles = others;
      return { removed: first === undefined ? [] : [first], freedBytes: 2048 };
    },
  };
  const view = renderInWindow(<TargetsPanel />);
  fireEvent.click(await waitFor(() => view.getByText('Clean up')));
  await waitFor(() => view.getByText('Kept: 1 of its runs are waiting or running there.'));
  fireEvent.click(view.getByText('Remove 1 bundle'));
  expect(backend.inputsOf('targets.clean')).toEqual([]);
  fireEvent.click(await waitFor(() => view.getByText('Remove')));
  await waitFor(() => expect(view.queryByText('Done (2 runs)')).toBeNull());
  expect(backend.inputsOf('targets.clean')).toEqual([{ name: 'lab', folders: ['/shared/x'] }]);
  view.getByText('Going on (2 runs)');
});
