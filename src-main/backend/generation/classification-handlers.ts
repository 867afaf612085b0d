import { StudioError } from '../../../src-shared/contract/errors.ts';
import { comparesWithTexts } from '../../../src-shared/domain/models/model.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { resolveModel } from '../library/models/models.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';
import { classifyJob } from './classify-job.ts';
import { requireAbility } from './resolve-model-for.ts';

const classifier = {
  kinds: ['image-classification'],
  does: 'classify images',
  hint: 'Choose an image classifier, e.g. quickdraw-vit.',
} as const;

export function classificationHandlers(services: HandlerServices): Handlers<NamesOf<'classification'>> {
  const { queue, paths } = services;
  return {
    'classification.image': ({ path }) => services.reader.read('image', { path: paths.readable(path) }),
    'classification.start': async (request) => {
      if (request.image.kind === 'file') paths.readable(request.image.path);
      const model = await resolveModel(services, request.model);
      const isClip = comparesWithTexts(model.description);
      if (isClip && request.zero_shot === null)
        throw new StudioError('refused', `${model.name} has no classes of its own.`, 'Name the classes.');
      if (!isClip && request.zero_shot !== null)
        throw new StudioError('refused', `${model.name} does not compare images with texts.`, 'Choose a CLIP.');
      if (!isClip) requireAbility(classifier, model);
      return queue.add(classifyJob, { title: `Classify with ${model.name}`, subjectId: null }, { request });
    },
  };
}
