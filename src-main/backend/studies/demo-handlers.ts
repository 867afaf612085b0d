import { startDemo } from './demo.ts';
import type { HandlerServices } from '../services.ts';
import type { Handlers, NamesOf } from '../handler.ts';

export function demoHandlers(services: HandlerServices): Handlers<NamesOf<'demo'>> {
  return { 'demo.start': (request) => startDemo(services, request) };
}
