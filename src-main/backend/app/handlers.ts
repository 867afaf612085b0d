import { Machine } from '../engine/machine.ts';
import type { Handlers, NamesOf } from '../handler.ts';
import type { HandlerServices } from '../handler-services.ts';
import { removeStrays } from '../home/strays.ts';
import { catalog } from './catalog.ts';
import { diagnostics } from './diagnostics.ts';

export function appHandlers(services: HandlerServices): Handlers<NamesOf<'app'>> {
  const machine = new Machine(services);
  return {
    'app.doctor': () => machine.doctor(),
    'app.diagnostics': async () => ({ text: diagnostics(services, await machine.doctor()) }),
    'app.measure': ({ backend }) => machine.measure(backend),
    'app.unreadable': () => [...services.store.findUnreadable()],
    'app.deleteUnreadable': ({ id }) => {
      const row = services.store.deleteUnreadable(id);
      services.log.info(row, 'a row that could not be read was deleted');
      return row;
    },
    'app.removeStrays': async () => ({ freedBytes: await removeStrays(services) }),
    'app.status': () => machine.status(),
    'app.catalog': () => catalog,
  };
}
