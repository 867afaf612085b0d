import { addModel, removeModel, requireModel } from '../library/models.ts';
import type { HandlerServices } from '../services.ts';
import { type Handlers, type NamesOf, ok } from './handler.ts';

export function modelHandlers(services: HandlerServices): Handlers<NamesOf<'models'>> {
  const { store } = services;
  return {
    'models.list': () => store.models.list(),
    'models.get': ({ id }) => requireModel(store, id),
    'models.add': ({ path, name }) => addModel(services, path, name),
    'models.remove': ({ id }) => {
      removeModel(services, id);
      return ok;
    },
  };
}
