// @vitest-environment happy-dom
import { fireEvent } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { CachedDatasets } from '../../../../src-renderer/features/data/cached-datasets.tsx';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { backend } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const bytes = 3 * 2 ** 20;

beforeEach(() => {
  backend.answers = {
    'datasets.cached': () => [
      { repository: 'stanfordnlp/imdb', configuration: 'plain_text', path: '/cache/imdb', bytes },
      { repository: 'nyu-mll/glue', configuration: 'sst2', path: '/cache/sst2', bytes },
      { repository: 'nyu-mll/glue', configuration: 'mrpc', path: '/cache/mrpc', bytes },
    ],
  };
});

test('datasets of the cache are offered by name and configuration, but for those that are there', async () => {
  const added: string[] = [];
  const view = renderInWindow(
    <CachedDatasets known={new Set(['/cache/imdb'])} pending={false} onAdd={(path) => added.push(path)} />,
  );
  fireEvent.click(await view.findByRole('button', { name: 'Add nyu-mll/glue (mrpc · 3.00 MiB)' }));
  expect(added).toEqual(['/cache/mrpc']);
  expect(view.queryByText('stanfordnlp/imdb')).toBeNull();
  expect(view.getAllByText('nyu-mll/glue')).toHaveLength(2);
});

test('a cache that cannot be read says so, and can be read again', async () => {
  backend.answers = {
    'datasets.cached': () => {
      throw new StudioError('invalid_file', 'The cache cannot be read.');
    },
  };
  const view = renderInWindow(<CachedDatasets known={new Set()} pending={false} onAdd={() => undefined} />);
  await view.findByText('The cache cannot be read.');
  expect(view.getByRole('button', { name: 'Try again' })).toBeDefined();
});
