// @vitest-environment happy-dom
import { fireEvent, waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { downloadText } from '../../../../src-renderer/components/download.ts';
import { StudyProvenance } from '../../../../src-renderer/features/studies/study-provenance.tsx';
import { StudyResultView } from '../../../../src-renderer/features/studies/study-result.tsx';
import type { Provenance } from '../../../../src-shared/domain/adapters/provenance.ts';
import { studies } from '../../../backend/reports/records.ts';
import { backend, catalog, job } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));
vi.mock('../../../../src-renderer/components/download.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/components/download.ts')>()),
  downloadText: vi.fn(),
}));
vi.mock('../../../../src-renderer/plots/figure.tsx', () => ({ Figure: () => null }));

const saved = vi.mocked(downloadText);
beforeEach(() => {
  backend.asked = [];
  backend.answers = { 'app.catalog': () => catalog };
  saved.mockClear();
});

const adapters = Array.from({ length: 10 }, (_, index) => ({ name: `a${index}`, sha256: `hash${index}`, seed: index }));
const provenance: Provenance = {
  version: '0.2.0',
  commit: 'abc',
  node: '24.0.0',
  platform: 'linux x64 6',
  cpu: 'A processor',
  cores: 2,
  memoryBytes: 2 ** 33,
  backend: { id: 'native', device: 'AVX-512' },
  threads: 2,
  trainedOn: ['native, 2 threads, bfloat16'],
  bases: [{ name: 'A base', fingerprint: 'f0' }],
  datasets: [{ name: 'Digits', sha256: 'd0' }],
  adapters,
  seeds: [1, 2],
  parts: [
    { kind: 'train', planned: 10, jobs: 8, seconds: 720 },
    { kind: 'score', planned: 10, jobs: 0, seconds: 0 },
  ],
};
const pruning = studies.find(({ kind }) => kind === 'pruning');
if (pruning === undefined) throw new Error('there is no pruning study');
const study = { ...pruning, provenance };

test('a study says how it was made, and saves the file that makes it again and its result', async () => {
  backend.answers['studies.files'] = () => ({
    command: 'coto study study.yaml',
    files: [
      { name: 'study.yaml', text: 'kind: pruning\n' },
      { name: 'result.json', text: '{}\n' },
    ],
  });
  const view = renderInWindow(<StudyProvenance study={study} />);
  const text = view.container.textContent ?? '';
  for (const part of [
    'CoTo Studio 0.2.0, commit abc; Node 24.0.0',
    'A processor, 2 cores, 8.00 GiB; linux x64 6',
    'native (AVX-512), 2 threads',
    'Trainings10, with 8 jobs in 12 min',
    'Scores10, all there already',
    'Seeds1, 2',
    'A base, fingerprint f0',
    'Digits, SHA-256 d0',
    'a7, seed 7, SHA-256 hash7',
    'Further2 adapters, listed in result.json',
    'coto study study.yaml',
  ])
    expect(text).toContain(part);
  expect(text).not.toContain('hash8');
  fireEvent.click(view.getByRole('button', { name: 'Save study.yaml' }));
  await waitFor(() => expect(saved).toHaveBeenCalledWith('kind: pruning\n', 'study.yaml'));
  fireEvent.click(view.getByRole('button', { name: 'Save result.json' }));
  await waitFor(() => expect(saved).toHaveBeenCalledWith('{}\n', 'result.json'));
  const older = renderInWindow(<StudyProvenance study={{ ...study, provenance: null }} />);
  expect(older.container.textContent).toContain('not recorded by the version that made it');
});

test('each table can be saved as CSV', () => {
  const view = renderInWindow(<StudyResultView study={study} onKeep={() => undefined} />);
  const [button] = view.getAllByRole('button', { name: /^Save the table ".*" as CSV$/ });
  if (button === undefined) throw new Error('there is no table');
  fireEvent.click(button);
  const [text, name] = saved.mock.calls[0] ?? [];
  expect(name).toMatch(/^[a-z0-9-]+\.csv$/);
  expect(text).toMatch(/LoRA/);
});

test('a study is packaged in a folder of its own inside the chosen one', async () => {
  const token = 'coto-path:secret/home/me';
  const saveFolder = vi.fn<() => Promise<string | null>>(async () => token);
  vi.stubGlobal('coto', { dialogs: { saveFolder } });
  backend.answers['studies.package'] = () => job('package', 'package-study');
  const view = renderInWindow(<StudyProvenance study={{ ...study, name: 'My pruning (2)' }} />);
  fireEvent.click(view.getByRole('button', { name: 'Package…' }));
  await waitFor(() =>
    expect(backend.inputsOf('studies.package')).toEqual([{ id: study.id, path: `${token}/my-pruning-2-package` }]),
  );
  // Nothing is written where no folder was chosen.
  saveFolder.mockResolvedValueOnce(null);
  await waitFor(() => expect(view.getByRole('button', { name: 'Package…' })).not.toHaveProperty('disabled', true));
  fireEvent.click(view.getByRole('button', { name: 'Package…' }));
  await waitFor(() => expect(saveFolder).toHaveBeenCalledTimes(2));
  expect(backend.inputsOf('studies.package')).toHaveLength(1);
  vi.unstubAllGlobals();
});
