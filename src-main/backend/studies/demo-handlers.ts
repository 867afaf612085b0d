import type { Handlers, NamesOf } from '../handler.ts';
import type { HandlerServices } from '../handler-services.ts';
import { startDemo } from './demo.ts';

export function demoHandlers(services: HandlerServices): Handlers<NamesOf<'demo'>> {
  return { 'demo.start': (request) => startDemo(services, request) };
}
