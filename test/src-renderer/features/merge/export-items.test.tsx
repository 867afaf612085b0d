// @vitest-environment happy-dom
import { Menu } from '@mantine/core';
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { exportTargets } from '../../../../src-main/backend/library/export/index.ts';
import { ExportItems } from '../../../../src-renderer/features/merge/export-items.tsx';
import { adapter, backend, catalog, job } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const trained = { kind: 'run', runId: 'r', checkpoint: 'last', step: 1 };

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'app.catalog': () => ({ ...catalog, exportTargets: exportTargets.map(({ declaration }) => declaration) }),
    'export.start': () => job('export', 'export'),
  };
  Object.assign(window, { coto: { dialogs: { saveFolder: () => Promise.resolve('/chosen') } } });
});

test.each([
  ['PEFT folder', 'peft'],
  ['Python script', 'python'],
])('%s goes into a folder of its own in the chosen one', async (label, target) => {
  const view = renderInWindow(
    <Menu opened>
      <Menu.Dropdown>
        <ExportItems adapter={adapter('a', { name: 'my style', origin: trained })} />
      </Menu.Dropdown>
    </Menu>,
  );
  fireEvent.click(await view.findByText(label));
  await waitFor(() => expect(backend.inputsOf('export.start')).toHaveLength(1));
  expect(backend.inputsOf('export.start')).toEqual([
    { adapterId: 'a', target, path: `/chosen/my-style-${target}`, numbered: true, replace: false, parameters: {} },
  ]);
});

test('the script of a training is offered only for adapters that a run trained', async () => {
  const view = renderInWindow(
    <Menu opened>
      <Menu.Dropdown>
        <ExportItems adapter={adapter('a')} />
      </Menu.Dropdown>
    </Menu>,
  );
  const items = await view.findAllByRole('menuitem');
  expect(items.filter((item) => item.hasAttribute('disabled')).map(({ title }) => title)).toEqual([
    'This adapter was not trained by a run of the studio, so there is no training to export.',
  ]);
});
