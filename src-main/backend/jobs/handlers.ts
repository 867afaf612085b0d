import { jobAnswerSchema } from '../../../src-shared/domain/jobs/job.ts';
import { type Handlers, type NamesOf, ok } from '../services/handler.ts';
import type { HandlerServices } from './handler-services.ts';
import { requireJob } from './require-job.ts';

export function jobHandlers(services: HandlerServices): Handlers<NamesOf<'jobs'>> {
  const { store, queue } = services;
  return {
    'jobs.list': ({ active }) => store.jobs.list(active),
    'jobs.get': ({ id }) => requireJob(store, id),
    'jobs.result': ({ id }) => {
      const { kind } = requireJob(store, id);
      return jobAnswerSchema.parse({ kind, result: store.jobs.result(id) });
    },
    'jobs.pause': ({ id }) => {
      requireJob(store, id);
      queue.pause(id);
      return ok;
    },
    'jobs.move': ({ id, before }) => {
      requireJob(store, id);
      queue.move(id, before);
      return ok;
    },
    'jobs.held': () => queue.held.describe(),
    'jobs.answerHeld': ({ continue: continues }) => {
      queue.held.answer(continues);
      return ok;
    },
    'jobs.cancel': async ({ id }) => {
      await queue.cancelWithSubject(requireJob(store, id));
      return ok;
    },
  };
}
