// @vitest-environment happy-dom
import { waitFor } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { NewStudy } from '../../../../src-renderer/features/studies/new-study.tsx';
import { hiddenSettings, needsFullStudy } from '../../../../src-renderer/features/studies/simple-study.tsx';
import { defaultDraft } from '../../../../src-renderer/features/train/draft.ts';
import { resetForm } from '../../../../src-renderer/features/train/draft-store.ts';
import { settingsSchema } from '../../../../src-shared/domain/app/catalog.ts';
import { studyKinds } from '../../../../src-shared/studies/index.ts';
import { adapter, backend, catalog } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const settings = settingsSchema.parse({ theme: 'system', compute_backend: 'auto', threads: null });
const kindOf = (id: string) => {
  const found = studyKinds.find(({ kind }) => kind === id);
  if (found === undefined) throw new Error(`no study kind ${id}`);
  return found;
};
const ablation = kindOf('ablation');

beforeEach(() => {
  resetForm();
  backend.asked = [];
  backend.answers = {
    'app.catalog': () => ({ ...catalog, studies: studyKinds.map(({ declaration }) => declaration) }),
    'settings.get': () => ({ ...settings, simple_forms: true }),
    'adapters.list': () => [
      { ...adapter('a'), modelId: 'one' },
      { ...adapter('b'), modelId: 'two' },
    ],
    'datasets.list': () => [],
    'models.list': () => [],
    'runs.list': () => [],
  };
});

test('the simple form makes the recommended ablation of a base and data', async () => {
  const view = renderInWindow(<NewStudy kind={ablation} onStarted={() => undefined} />);
  await waitFor(() => expect(view.getByText('What is compared')).toBeTruthy());
  expect(view.queryByText('Run to vary')).toBeNull();
  expect(view.queryByText('Scored')).toBeNull();
  expect(
    view.getByText(/^Recommended: .*Learning rate 0\.001.*Scored alone.*, and the defaults of the rest\.$/),
  ).toBeTruthy();
  expect(view.getByRole('combobox', { name: 'Seeds' })).toBeTruthy();
  const expected = {
    ...{ kind: 'ablation', seeds: [1, 2, 3, 4, 5, 6], scores: ['alone'] },
    run: {
      model: defaultDraft['model'],
      dataset: defaultDraft['dataset'],
      learning_rate: defaultDraft['learning_rate'],
    },
    grid: { coto: [null, expect.anything()] },
  };
  await waitFor(() => expect(backend.inputsOf('studies.forecast').length).toBeGreaterThan(0));
  expect(backend.inputsOf('studies.forecast').at(-1)).toMatchObject({ config: expected });
});

test('the full form starts from the run of the simple one', async () => {
  backend.answers['settings.get'] = () => ({ ...settings, simple_forms: false });
  const view = renderInWindow(<NewStudy kind={ablation} onStarted={() => undefined} />);
  await waitFor(() => expect(view.getByText('Run to vary')).toBeTruthy());
  expect(view.getByRole('combobox', { name: 'Run to vary' })).toHaveProperty(
    'value',
    `Recommended settings · ${String(defaultDraft['model'])} · ${String(defaultDraft['dataset'])}`,
  );
  expect(view.getByText('Scored')).toBeTruthy();
});

test('the simple form of a study of adapters asks for base and data, and not for methods', async () => {
  const view = renderInWindow(<NewStudy kind={kindOf('merging')} onStarted={() => undefined} />);
  await waitFor(() => expect(view.getByText('Base and data')).toBeTruthy());
  expect(view.queryByText('Test examples')).toBeNull();
  expect(view.getByText(/^Recommended: Merge methods .*500 test examples/)).toBeTruthy();
});

test('a changed setting that the simple form hides is named, and a wrong one asks for the full form', () => {
  const { parameters } = ablation.declaration;
  expect(hiddenSettings(parameters, { metric: 'loss' }, null, []).changed).toEqual(['Metric loss']);
  expect(needsFullStudy(parameters, { seeds: 'x' })).toBe(false);
  expect(needsFullStudy(parameters, { head: 3 })).toBe(true);
});
