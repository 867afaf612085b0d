import { errorText } from '../../../src-shared/contract/errors.ts';
import { checkedParameters } from '../../engine/checked-parameters.ts';
import { readModelDefaults } from '../../engine/generation/model-defaults.ts';
import { sampling } from '../../engine/generation/sampling.ts';
import { chatTemplates } from '../../engine/tokenization/chat-template.ts';
import type { Handlers, NamesOf } from '../handler.ts';
import { generateJob } from '../jobs/generate.ts';
import { modelTokenizerFiles } from '../library/model-tokenizer.ts';
import { requireModel } from '../library/models.ts';
import type { HandlerServices } from '../services.ts';
import { resolveModelFor } from './resolve-model-for.ts';
import { renderPrompt, templateChoices } from './templates.ts';

const writer = {
  kind: 'causal-lm',
  does: 'generate text',
  hint: 'Choose a language model, e.g. small-llama.',
} as const;

export function generationHandlers(services: HandlerServices): Handlers<NamesOf<'generation'>> {
  const { store, queue } = services;
  return {
    'generation.abilities': async ({ model: reference }) => {
      const model = requireModel(store, reference);
      try {
        const files = await modelTokenizerFiles(model.path);
        const defaults = await readModelDefaults(model.path);
        return { problem: null, chat: chatTemplates(files).length > 0, defaults };
      } catch (thrown) {
        return { problem: errorText(thrown), chat: false, defaults: { values: {}, note: null } };
      }
    },
    'generation.templates': (request) => templateChoices(services, request),
    'generation.render': (request) => renderPrompt(services, request),
    'generation.start': async (request) => {
      checkedParameters(sampling, request.sampling);
      const model = await resolveModelFor(writer, services, request.model);
      return queue.add(generateJob, { title: `Write with ${model.name}`, subjectId: null }, { request });
    },
  };
}
