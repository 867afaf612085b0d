import type { HandlerServices } from '../jobs/handler-services.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';
import { startDemo } from './demo.ts';

export function demoHandlers(services: HandlerServices): Handlers<NamesOf<'demo'>> {
  return { 'demo.start': (request) => startDemo(services, request) };
}
