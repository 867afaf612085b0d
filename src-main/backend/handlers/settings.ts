import type { HandlerServices } from '../services.ts';
import type { Handlers, NamesOf } from './handler.ts';

export function settingsHandlers({ store, hub }: HandlerServices): Handlers<NamesOf<'settings'>> {
  return {
    'settings.get': () => store.settings.get(),
    'settings.set': (values) => {
      store.settings.set(values);
      hub.listChanged('settings');
      return store.settings.get();
    },
  };
}
