import { availableParallelism } from 'node:os';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';

export function settingsHandlers({ store, hub, queue }: HandlerServices): Handlers<NamesOf<'settings'>> {
  return {
    'settings.get': () => store.settings.get(),
    'settings.set': (values) => {
      const cores = availableParallelism();
      if (values.threads != null && values.threads > cores)
        throw new StudioError(
          'invalid_input',
          `threads is ${values.threads}, but this machine has ${cores} cores.`,
          `Enter 1–${cores}, or leave it empty for all.`,
        ).at('threads');
      store.settings.set(values);
      hub.listChanged('settings');
      queue.settingsChanged();
      return store.settings.get();
    },
  };
}
