// @vitest-environment happy-dom
import { act, fireEvent, waitFor, within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import {
  changeDraft,
  emptyPlayground,
  usePlayground,
} from '../../../../src-renderer/features/playground/playground-store.ts';
import PlaygroundPage from '../../../../src-renderer/pages/playground/playground-page.tsx';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { modelRecordSchema } from '../../../../src-shared/domain/models/model.ts';
import { adapter, backend, catalog, dataset, job } from '../../fake-backend.ts';
import { renderInWindow } from '../../window.tsx';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const model = modelRecordSchema.parse({
  id: 'vit',
  name: 'Small ViT',
  bundled: false,
  path: '/models/vit',
  provenance: null,
  createdAt: 0,
  description: {
    family: 'vit',
    architecture: 'ViTForImageClassification',
    kind: 'image-classification',
    parameterCount: 1,
    sizeBytes: 1,
    dtype: 'F32',
    layerCount: 1,
    hiddenSize: 8,
    labels: ['cat', 'dog'],
    image: { height: 1, width: 2, channels: 1 },
    text: null,
    linears: [],
    fingerprint: 'f',
  },
});
const done = { ...job('job', 'classify'), status: 'completed' } as const;
const pixels = { width: 2, height: 1, channels: 1, pixels: Uint8Array.from([0, 255]) };
let file: string | null = '/home/me/cat.png';

beforeEach(() => {
  backend.asked = [];
  backend.answers = {
    'models.list': () => [model],
    'adapters.list': () => [adapter('digits', { modelId: 'vit', datasetId: 'digits' })],
    'app.catalog': () => catalog,
    'jobs.list': () => [],
    'jobs.get': () => done,
    'datasets.list': () => [dataset('letters'), dataset('digits')],
    'datasets.preview': ({ id }) => [{ index: 3, label: id === 'digits' ? 1 : 0, ...pixels }],
    'classification.image': () => ({ name: 'cat.png', fullWidth: 20, fullHeight: 10, ...pixels }),
    'classification.start': () => done,
    'jobs.result': () => ({
      kind: 'classify',
      result: {
        columns: [
          {
            classes: [
              { label: 'cat', probability: 0.75 },
              { label: 'one', probability: 0.25 },
            ],
            classCount: 9,
            problem: null,
          },
          { classes: [{ label: 'one', probability: 0.9 }], classCount: 1, problem: null },
        ],
        seconds: 0.1,
      },
    }),
  };
  vi.stubGlobal('coto', { dialogs: { openFile: async () => file } });
  usePlayground.setState(emptyPlayground, true);
});

test('an example of the dataset of the adapter is classified by base and adapter as soon as it is picked', async () => {
  const view = renderInWindow(<PlaygroundPage />);
  fireEvent.click(await view.findByRole('checkbox', { name: 'digits' }));
  fireEvent.click(await view.findByRole('button', { name: /one, example 3/ }));
  await waitFor(() => expect(backend.inputsOf('classification.start')).toHaveLength(1));
  expect(backend.inputsOf('classification.start')).toEqual([
    {
      model: 'vit',
      columns: [null, { adapterId: 'digits' }],
      image: { kind: 'example', dataset: 'digits', split: 'test', index: 3 },
    },
  ]);
  const base = await view.findByRole('list', { name: 'Classes of Base' });
  expect(
    within(base)
      .getAllByRole('listitem')
      .map(({ textContent }) => textContent),
  ).toEqual(['cat75.0 %', 'one ✓25.0 %']);
  expect(view.getByText('7 more classes')).toBeTruthy();
  expect(within(view.getByRole('list', { name: 'Classes of digits' })).getByText('90.0 %')).toBeTruthy();
});

test('a file is chosen; one that is no image is said in one sentence and nothing is classified', async () => {
  const view = renderInWindow(<PlaygroundPage />);
  fireEvent.click(await view.findByRole('button', { name: 'Choose an image…' }));
  await waitFor(() =>
    expect(backend.inputsOf('classification.start')).toMatchObject([
      { image: { kind: 'file', path: '/home/me/cat.png' } },
    ]),
  );
  expect(view.getByText('20 × 10')).toBeTruthy();
  backend.answers['classification.image'] = () => {
    throw new StudioError('invalid_file', '/home/me/x.txt is not a readable image: unsupported.');
  };
  file = '/home/me/x.txt';
  fireEvent.click(view.getByRole('button', { name: 'Choose an image…' }));
  expect((await view.findByRole('alert')).textContent).toBe('/home/me/x.txt is not a readable image: unsupported.');
  expect(backend.inputsOf('classification.start')).toHaveLength(1);
});

test('CLIP asks for the names of the classes, which the first example brings', async () => {
  const { description } = model;
  const clip = {
    ...model,
    description: {
      ...description,
      kind: 'embedding' as const,
      labels: [],
      text: { vocabularySize: 9, maxPositions: 8 },
    },
  };
  backend.answers['models.list'] = () => [clip];
  const view = renderInWindow(<PlaygroundPage />);
  fireEvent.click(await view.findByRole('button', { name: /example 3/ }));
  const names = view.getByRole('textbox', { name: 'Class names' });
  await waitFor(() => expect(backend.inputsOf('classification.start')).toHaveLength(1));
  const { labels } = dataset('letters').description;
  const usual = { class_templates: 'a photo of a {label}.' };
  expect(backend.inputsOf('classification.start')).toMatchObject([{ zero_shot: { classes: labels, ...usual } }]);
  expect(names).toHaveProperty('value', labels.join('\n'));
  fireEvent.change(names, { target: { value: ' cat\n\ncat ' } });
  expect(view.getByText('Name at least two classes.')).toBeTruthy();
  fireEvent.change(names, { target: { value: 'cat\n dog' } });
  fireEvent.click(view.getByRole('button', { name: 'Classify' }));
  await waitFor(() => expect(backend.inputsOf('classification.start')).toHaveLength(2));
  expect(backend.inputsOf('classification.start')[1]).toMatchObject({ zero_shot: { classes: ['cat', 'dog'] } });
});

test('classes of one model are gone once another model is chosen, and return with it', async () => {
  backend.answers['models.list'] = () => [model, { ...model, id: 'other', name: 'Other ViT' }];
  const view = renderInWindow(<PlaygroundPage />);
  fireEvent.click(await view.findByRole('button', { name: /one, example 3|zero, example 3/ }));
  expect(await view.findByRole('list', { name: 'Classes of Base' })).toBeTruthy();
  act(() => changeDraft({ modelId: 'other', columns: [null] }));
  expect(view.queryByRole('list', { name: 'Classes of Base' })).toBeNull();
  expect(view.getByRole('button', { name: 'Classify' })).toBeTruthy();
  act(() => changeDraft({ modelId: 'vit' }));
  expect(view.getByRole('list', { name: 'Classes of Base' })).toBeTruthy();
});
