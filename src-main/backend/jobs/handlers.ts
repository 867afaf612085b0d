import { type Handlers, type NamesOf, ok } from '../handler.ts';
import type { HandlerServices } from '../services.ts';
import { requireJob } from './require-job.ts';

export function jobHandlers({ store, queue }: HandlerServices): Handlers<NamesOf<'jobs'>> {
  return {
    'jobs.list': ({ active }) => store.jobs.list(active),
    'jobs.get': ({ id }) => requireJob(store, id),
    'jobs.cancel': ({ id }) => {
      requireJob(store, id);
      queue.cancel(id);
      return ok;
    },
  };
}
