import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import { request } from '../../api/client.ts';
import { navigate } from '../../app/routes.tsx';
import { ownFirst } from '../../components/table/own-first.ts';
import { setField, useTrainForm } from './draft-store.ts';

/** Maximum number of bases whose fit with a dataset is requested, as each request reads a tokenizer. */
const maxAsked = 12;

/** Opens Train with a base, and with data that it can learn: the chosen data if they fit, else one's own before bundled ones. */
export async function trainFromModel(id: string): Promise<void> {
  setField('model', id);
  const chosen = useTrainForm.getState().draft['dataset'];
  await openWith('dataset', async () => {
    const [{ datasets: fits }, datasets] = await Promise.all([
      request('models.fits', { id }),
      request('datasets.list', {}),
    ]);
    const fitting = datasets.filter((dataset) => fits.some((fit) => fit.id === dataset.id && fit.reason === null));
    return chosenFirst(fitting, chosen)[0]?.id;
  });
}

/** Opens Train with a dataset, and with a base that can learn it: the chosen base if it fits, else one's own before bundled ones. */
export async function trainFromData({ id, description }: Pick<DatasetRecord, 'id' | 'description'>): Promise<void> {
  setField('dataset', id);
  const chosen = useTrainForm.getState().draft['model'];
  await openWith('model', async () => {
    const all = await request('models.list', {});
    const readers = all.filter((model) => (model.description.image === null) === (description.text !== null));
    for (const model of chosenFirst(readers, chosen).slice(0, maxAsked)) {
      const { datasets } = await request('models.fits', { id: model.id });
      if (datasets.some((fit) => fit.id === id && fit.reason === null)) return model.id;
    }
    return undefined;
  });
}

function chosenFirst<Item extends { readonly id: string; readonly bundled: boolean }>(
  items: readonly Item[],
  chosen: unknown,
): Item[] {
  return [...items.filter(({ id }) => id === chosen), ...ownFirst(items.filter(({ id }) => id !== chosen))];
}

/** Opens the page at once; the counterpart follows, unless another one has been chosen by then or none fits. */
async function openWith(field: 'model' | 'dataset', find: () => Promise<string | undefined>): Promise<void> {
  const chosen = useTrainForm.getState().draft[field];
  navigate('/train');
  // Without an answer the page says why the chosen one does not fit.
  const found = await find().catch(() => undefined);
  if (found !== undefined && useTrainForm.getState().draft[field] === chosen) setField(field, found);
}
