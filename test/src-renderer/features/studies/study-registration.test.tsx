// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { StudyStart, useStartStudy } from '../../../../src-renderer/features/studies/study-start.tsx';
import { pathToken } from '../../../../src-shared/contract/paths.ts';
import { type StudyConfig, studyConfigSchema } from '../../../../src-shared/studies/index.ts';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const config = studyConfigSchema.parse({
  ...{ kind: 'ablation', seeds: [1], grid: { coto: [null, {}] } },
  run: { model: 'm', dataset: 'd', max_steps: 3 },
});
const registered = {
  ...{ format: 'coto-study-registration' as const, version: '1', registeredAt: '2026-12-02T20:00:00.000Z' },
  ...{ sha256: 'a'.repeat(64), study: { kind: 'ablation' } },
};
const path = pathToken({ secret: 's'.repeat(22), path: '/home/me/registration.json', use: 'write' });

const dialogs = {
  saveText: vi.fn<(text: string) => Promise<string | null>>(async () => path),
  openText: vi.fn<() => Promise<{ path: string; text: string } | null>>(async () => null),
};

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'studies.register': () => registered,
    'studies.compareRegistration': () => ({ ...registered, deviations: [] }),
  };
  vi.stubGlobal('coto', { dialogs });
});
afterEach(() => vi.unstubAllGlobals());

function Start({ config: of }: { config: StudyConfig }) {
  return <StudyStart config={of} reason={null} create={useStartStudy(() => undefined)} />;
}

test('a study is registered in a file, and started with what it deviates in', async () => {
  const view = renderInWindow(<Start config={config} />);
  fireEvent.click(view.getByRole('button', { name: 'Register…' }));
  await waitFor(() => expect(view.getByText('The settings are the registered ones.')).toBeTruthy());
  const [text = ''] = dialogs.saveText.mock.calls[0] ?? [];
  expect(JSON.parse(text)).toEqual(registered);
  expect(backend.inputsOf('studies.compareRegistration')).toEqual([{ name: 'registration.json', text, config }]);

  const deviations = ['run.max_steps: 3 → 4'];
  backend.answers['studies.compareRegistration'] = () => ({ ...registered, deviations });
  const changed = studyConfigSchema.parse({ ...config, run: { model: 'm', dataset: 'd', max_steps: 4 } });
  view.rerender(<Start config={changed} />);
  await waitFor(() => expect(view.getByText('run.max_steps: 3 → 4')).toBeTruthy());
  expect(view.getByText('1 setting differs from the registration:')).toBeTruthy();
  fireEvent.click(view.getByRole('button', { name: 'Start study' }));
  await waitFor(() =>
    expect(backend.inputsOf('studies.create')).toEqual([
      { config: changed, registration: { ...registered, deviations } },
    ]),
  );
});

test('a registration of before is chosen, and left again; a wrong file holds nothing up', async () => {
  dialogs.openText.mockResolvedValueOnce({ path, text: 'no registration' });
  backend.answers['studies.compareRegistration'] = () => {
    throw new Error('registration.json cannot be read as JSON.');
  };
  const view = renderInWindow(<Start config={config} />);
  fireEvent.click(view.getByRole('button', { name: 'Registered before…' }));
  await waitFor(() => expect(view.getByText(/cannot be read as JSON/)).toBeTruthy());
  expect(view.getByRole('button', { name: 'Start study' })).toHaveProperty('disabled', true);
  fireEvent.click(view.getByRole('button', { name: 'Start without the registration' }));
  fireEvent.click(view.getByRole('button', { name: 'Start study' }));
  await waitFor(() => expect(backend.inputsOf('studies.create')).toEqual([{ config }]));
});
