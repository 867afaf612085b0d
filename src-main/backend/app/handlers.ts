import { Machine } from '../engine/machine.ts';
import type { Handlers, NamesOf } from '../handler.ts';
import type { HandlerServices } from '../services.ts';
import { catalog } from './catalog.ts';

export function appHandlers(services: HandlerServices): Handlers<NamesOf<'app'>> {
  const machine = new Machine(services);
  return {
    'app.doctor': () => machine.doctor(),
    'app.measure': ({ backend }) => machine.measure(backend),
    'app.status': () => machine.status(),
    'app.catalog': () => catalog,
  };
}
