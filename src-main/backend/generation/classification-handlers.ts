import type { Handlers, NamesOf } from '../handler.ts';
import type { HandlerServices } from '../handler-services.ts';
import { classifyJob } from '../jobs/classify.ts';
import { resolveModelFor } from './resolve-model-for.ts';

const classifier = {
  kind: 'image-classification',
  does: 'classify images',
  hint: 'Choose an image classifier, e.g. quickdraw-vit.',
} as const;

export function classificationHandlers(services: HandlerServices): Handlers<NamesOf<'classification'>> {
  const { queue, paths } = services;
  return {
    'classification.image': ({ path }) => services.reader.read('image', { path: paths.readable(path) }),
    'classification.start': async (request) => {
      if (request.image.kind === 'file') paths.readable(request.image.path);
      const model = await resolveModelFor(classifier, services, request.model);
      return queue.add(classifyJob, { title: `Classify with ${model.name}`, subjectId: null }, { request });
    },
  };
}
