import { errorText, StudioError } from '../../../src-shared/contract/errors.ts';
import { isOver } from '../../../src-shared/domain/jobs/job.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { sampling } from '../../engine/api/text.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { requireJob } from '../jobs/require-job.ts';
import { requireModel } from '../library/models/models.ts';
import { type Handlers, type NamesOf, ok } from '../services/handler.ts';
import { generateJob } from './generate-job.ts';
import { resolveModelFor } from './resolve-model-for.ts';

const writer = {
  kind: 'causal-lm',
  does: 'generate text',
  hint: 'Choose a language model, e.g. small-llama.',
} as const;

export function generationHandlers(services: HandlerServices): Handlers<NamesOf<'generation'>> {
  const { store, hub, queue, reader } = services;
  return {
    'generation.abilities': async ({ model: reference }) => {
      const { path: folder } = requireModel(store, reference);
      try {
        return await reader.read('abilities', { folder });
      } catch (thrown) {
        return { problem: errorText(thrown), chat: false, defaults: { values: {}, note: null } };
      }
    },
    'generation.templates': ({ model }) => reader.read('templates', { folder: requireModel(store, model).path }),
    'generation.render': ({ model, ...prompt }) =>
      reader.read('render', { ...prompt, folder: requireModel(store, model).path }),
    'generation.start': async ({ kept, ...request }) => {
      checkedParameters(sampling, request.sampling);
      const model = await resolveModelFor(writer, services, request.model);
      return queue.add(generateJob, { title: `Write with ${model.name}`, subjectId: null }, { request, kept });
    },
    'generation.remove': ({ id }) => {
      const job = requireJob(store, id);
      if (job.kind !== 'generate') throw new StudioError('refused', `"${job.title}" is not a generation.`);
      if (!isOver(job)) throw new StudioError('refused', `"${job.title}" has not ended.`, 'Cancel it first.');
      store.jobs.remove(id);
      hub.listChanged('jobs');
      return ok;
    },
  };
}
