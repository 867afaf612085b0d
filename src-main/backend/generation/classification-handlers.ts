import { basename } from 'node:path';
import { decodePreview } from '../../engine/data/image-file.ts';
import type { Handlers, NamesOf } from '../handler.ts';
import type { HandlerServices } from '../handler-services.ts';
import { classifyJob } from '../jobs/classify.ts';
import { resolveModelFor } from './resolve-model-for.ts';

/** Pixels of the longer side of a preview. */
const previewSide = 320;

const classifier = {
  kind: 'image-classification',
  does: 'classify images',
  hint: 'Choose an image classifier, e.g. quickdraw-vit.',
} as const;

export function classificationHandlers(services: HandlerServices): Handlers<NamesOf<'classification'>> {
  const { queue, paths } = services;
  return {
    'classification.image': async ({ path: given }) => {
      const path = paths.readable(given);
      const { header, preview } = await decodePreview(path, previewSide);
      const { width: fullWidth, height: fullHeight } = header;
      return { name: basename(path), fullWidth, fullHeight, ...preview, pixels: Uint8Array.from(preview.pixels) };
    },
    'classification.start': async (request) => {
      if (request.image.kind === 'file') paths.readable(request.image.path);
      const model = await resolveModelFor(classifier, services, request.model);
      return queue.add(classifyJob, { title: `Classify with ${model.name}`, subjectId: null }, { request });
    },
  };
}
