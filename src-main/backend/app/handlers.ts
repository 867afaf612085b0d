import { runChecks } from '../doctor/index.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { removeFilesOf, removeStrays, requireIdle } from '../recovery/orphans.ts';
import { type Handlers, type NamesOf, ok } from '../services/handler.ts';
import { catalog } from './catalog.ts';
import { diagnostics } from './diagnostics.ts';
import { identify } from './identify.ts';
import { Machine } from './machine.ts';

export function appHandlers(services: HandlerServices): Handlers<NamesOf<'app' | 'deletions'>> {
  const machine = new Machine(services);
  return {
    'app.doctor': () => machine.doctor(),
    'app.diagnostics': async () => ({ text: diagnostics(services, await machine.doctor()) }),
    'app.measure': ({ backend }) => machine.measure(backend),
    'app.unreadable': () => [...services.store.findUnreadable()],
    'app.checks': () => runChecks(services),
    'app.deleteUnreadable': ({ id, files }) => {
      if (files) requireIdle(services);
      const row = services.store.deleteUnreadable(id);
      if (files) removeFilesOf(services, row);
      services.log.info(row, 'a row that could not be read was deleted');
      return row;
    },
    'app.removeStrays': async ({ path }) => ({ freedBytes: await removeStrays(services, path) }),
    'app.fillInBases': async () => {
      requireIdle(services);
      const { fillInBases } = await import('../recovery/fill-in-bases.ts');
      return fillInBases(services);
    },
    'app.identify': ({ path }) => identify(services.paths.readable(path)),
    'app.status': () => machine.status(),
    'app.catalog': () => catalog,
    'deletions.undo': ({ list, ids }) => {
      services.deletions.undo(list, ids);
      return ok;
    },
  };
}
