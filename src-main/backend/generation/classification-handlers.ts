import { basename } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { decodePreview, readImageHeader } from '../../engine/data/image-file.ts';
import type { Handlers, NamesOf } from '../handler.ts';
import { classifyJob } from '../jobs/classify.ts';
import { resolveModel } from '../library/models.ts';
import type { HandlerServices } from '../services.ts';

/** Pixels of the longer side of a preview. */
const previewSide = 320;

export function classificationHandlers(services: HandlerServices): Handlers<NamesOf<'classification'>> {
  const { queue } = services;
  return {
    'classification.image': async ({ path }) => {
      const { width: fullWidth, height: fullHeight } = await readImageHeader(path);
      const { pixels, width, height, channels } = await decodePreview(path, previewSide);
      return { name: basename(path), fullWidth, fullHeight, width, height, channels, pixels: Uint8Array.from(pixels) };
    },
    'classification.start': async (request) => {
      const model = await resolveModel(services, request.model);
      if (model.description.kind !== 'image-classification')
        throw new StudioError(
          'refused',
          `${model.name} does not classify images: it is a model for ${model.description.kind}.`,
          'Choose an image classifier, e.g. quickdraw-vit.',
        );
      return queue.add(classifyJob, { title: `Classify with ${model.name}`, subjectId: null }, { request });
    },
  };
}
