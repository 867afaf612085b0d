// @vitest-environment happy-dom
import { beforeEach, expect, test, vi } from 'vitest';
import { resetForm, setField, useTrainForm } from '../../../../src-renderer/features/train/draft-store.ts';
import { trainFromData, trainFromModel } from '../../../../src-renderer/features/train/open-train.ts';
import { backend, dataset, textModel } from '../../fake-backend.ts';

vi.mock('../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../fake-backend.ts')).request,
}));

const bundled = { ...dataset('bundled words'), bundled: true };
const words = { id: 'my words', description: { ...dataset('my words').description, text: {} as never } };
const pictures = { ...textModel('pictures'), bundled: true };
const imageModel = {
  ...pictures,
  description: { ...pictures.description, image: { size: 28, channels: 1, patchSize: 7 } as never, text: null },
};
const chosen = () => {
  const { draft } = useTrainForm.getState();
  return [draft['model'], draft['dataset']];
};

beforeEach(() => {
  resetForm();
  location.hash = '';
  backend.asked = [];
  backend.answers = {
    'models.list': () => [imageModel, { ...textModel('small'), bundled: true }, textModel('mine')],
    'datasets.list': () => [bundled, dataset('clothes'), dataset('my words')],
    'models.fits': ({ id }) => ({
      problem: null,
      datasets: [
        { id: 'clothes', reason: id === 'pictures' ? null : 'contains images' },
        { id: 'bundled words', reason: id === 'pictures' ? 'contains texts' : null },
        { id: 'my words', reason: id === 'mine' ? null : 'does not fit' },
      ],
    }),
  };
  setField('model', 'pictures');
  setField('dataset', 'clothes');
});

test('opens a dataset with the first base that can learn it', async () => {
  await trainFromData(words);
  expect(chosen()).toEqual(['mine', 'my words']);
  expect(backend.inputsOf('models.fits')).toEqual([{ id: 'mine' }]);
  expect(location.hash).toBe('#/train');
});

test('opens a base with data that it can learn, one’s own before bundled ones', async () => {
  await trainFromModel('mine');
  expect(chosen()).toEqual(['mine', 'my words']);
  await trainFromModel('small');
  expect(chosen()).toEqual(['small', 'bundled words']);
});

test('keeps the chosen counterpart where it fits, or where none does', async () => {
  setField('dataset', 'bundled words');
  await trainFromModel('mine');
  expect(chosen()).toEqual(['mine', 'bundled words']);
  backend.answers['models.fits'] = () => ({ problem: null, datasets: [] });
  await trainFromModel('pictures');
  expect(chosen()).toEqual(['pictures', 'bundled words']);
  expect(location.hash).toBe('#/train');
});

test('leaves a counterpart that was chosen meanwhile', async () => {
  const opened = trainFromModel('mine');
  setField('dataset', 'bundled words');
  await opened;
  expect(chosen()).toEqual(['mine', 'bundled words']);
});
