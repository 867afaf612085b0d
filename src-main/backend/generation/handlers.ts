import { StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import { checkedParameters } from '../../engine/checked-parameters.ts';
import { readModelDefaults } from '../../engine/generation/model-defaults.ts';
import { sampling } from '../../engine/generation/sampling.ts';
import { chatTemplates } from '../../engine/tokenization/chat-template.ts';
import { readTokenizerFiles } from '../../engine/tokenization/tokenizer-files.ts';
import type { Handlers, NamesOf } from '../handler.ts';
import { generateJob } from '../jobs/generate.ts';
import { requireModel, resolveModel } from '../library/models.ts';
import type { HandlerServices } from '../services.ts';
import { renderPrompt, templateChoices } from './templates.ts';

export function generationHandlers(services: HandlerServices): Handlers<NamesOf<'generation'>> {
  const { store, queue } = services;
  return {
    'generation.abilities': async ({ model: reference }) => {
      const model = requireModel(store, reference);
      try {
        const files = await readTokenizerFiles(model.path);
        const defaults = await readModelDefaults(model.path);
        return { problem: null, chat: chatTemplates(files).length > 0, defaults };
      } catch (thrown) {
        const { message, hint } = toErrorValue(thrown);
        const problem = [message, hint].filter((part) => part !== null).join(' ');
        return { problem, chat: false, defaults: { values: {}, note: null } };
      }
    },
    'generation.templates': (request) => templateChoices(services, request),
    'generation.render': (request) => renderPrompt(services, request),
    'generation.start': async (request) => {
      checkedParameters(sampling, request.sampling);
      const model = await resolveModel(services, request.model);
      if (model.description.kind !== 'causal-lm')
        throw new StudioError(
          'refused',
          `${model.name} does not generate text: it is a model for ${model.description.kind}.`,
          'Choose a language model, e.g. small-llama.',
        );
      return queue.add(generateJob, { title: `Write with ${model.name}`, subjectId: null }, { request });
    },
  };
}
