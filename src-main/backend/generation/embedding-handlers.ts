import type { HandlerServices } from '../jobs/handler-services.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';
import { embedTextsJob } from './embed-texts-job.ts';
import { resolveModelFor } from './resolve-model-for.ts';

const embedder = {
  kinds: ['embedding', 'causal-lm'],
  does: 'give vectors of texts',
  hint: 'Choose a sentence model, e.g. MiniLM.',
} as const;

export function embeddingHandlers(services: HandlerServices): Handlers<NamesOf<'embeddings'>> {
  return {
    'embeddings.start': async (request) => {
      const model = await resolveModelFor(embedder, services, request.model);
      const title = `Embed texts with ${model.name}`;
      return services.queue.add(embedTextsJob, { title, subjectId: null }, { request, kept: false });
    },
  };
}
