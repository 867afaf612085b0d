import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { RequestArgument } from '../../../../src-shared/contract/requests.ts';
import type { JobRecord } from '../../../../src-shared/domain/jobs/job.ts';
import { ggufTitle } from '../../../../src-shared/domain/models/model.ts';
import { openModelWeights, requireGrowable } from '../../../engine/api/models.ts';
import { placeTokens } from '../../../engine/api/text.ts';
import { newId } from '../../../store/identifiers.ts';
import type { HandlerServices } from '../../jobs/handler-services.ts';
import { type Handlers, type NamesOf, ok } from '../../services/handler.ts';
import { openEndpoint } from '../huggingface/endpoint.ts';
import { listCachedModels } from '../huggingface/list-cache.ts';
import { addTokensJob } from './add-tokens-job.ts';
import { convertJob } from './convert-job.ts';
import { downloadJob } from './download-job.ts';
import { modelFits } from './model-fits.ts';
import { modelTokenizer, modelTokenizerFiles } from './model-tokenizer.ts';
import { addModel, removeModel, requireModel, requireRemovableModel } from './models.ts';
import { planOf } from './quantization-plan.ts';
import { quantizeJob } from './quantize-job.ts';

export function modelHandlers(
  services: HandlerServices,
): Handlers<Exclude<NamesOf<'models'>, 'models.memory' | 'models.plan'>> {
  const { store, deletions } = services;
  return {
    'models.list': () => deletions.visible('models', store.models.list()),
    'models.get': ({ id }) => requireModel(store, id),
    'models.fits': ({ id }) => modelFits(services, id),
    'models.add': ({ path, name }) => addModel(services, services.paths.readable(path), { name }),
    'models.convert': (request) => convert(services, request),
    'models.quantizations': ({ id }) => planOf(requireModel(store, id)),
    'models.quantize': async ({ id, type, name }) => {
      const base = requireModel(store, id);
      // Refused now, not when the job starts.
      await planOf(base);
      const modelId = newId('model');
      return services.queue.add(
        quantizeJob,
        { title: `Quantize ${base.name} to ${type}`, subjectId: modelId },
        { modelId, name: name ?? `${base.name}-${type}`, baseId: id, type },
      );
    },
    'models.tokens': async ({ id }) => {
      const { added_tokens: tokens } = (await modelTokenizerFiles(requireModel(store, id).path)).tokenizer;
      return tokens.slice(0, 1000).map(({ content, special, id: own }) => ({ content, special, id: own }));
    },
    'models.addTokens': async ({ id, tokens, name }) => {
      const base = requireModel(store, id);
      // Refused now, not when the job starts.
      placeTokens(await modelTokenizer(base.path), tokens);
      const weights = await openModelWeights(base.path);
      try {
        requireGrowable({ description: base.description, weights });
      } finally {
        await weights.close();
      }
      const modelId = newId('model');
      return services.queue.add(
        addTokensJob,
        { title: `Add tokens to ${base.name}`, subjectId: modelId },
        { modelId, name: name ?? `${base.name}-tokens`, baseId: id, tokens },
      );
    },
    'models.cached': () => listCachedModels(process.env),
    'models.download': ({ repository, revision, quantization }) => {
      // Reported now, not when the job starts.
      openEndpoint(process.env);
      const modelId = newId('model');
      return services.queue.add(
        downloadJob,
        { title: `Get ${repository}`, subjectId: modelId },
        { modelId, repository, revision, quantization },
      );
    },
    'models.rename': ({ id, name }) => {
      const model = { ...requireModel(store, id), name };
      store.models.save(model);
      services.hub.listChanged('models');
      return model;
    },
    'models.remove': async ({ id, undoMilliseconds }) => {
      // Runs and adapters that are in no list any more must not be what keeps the model.
      await deletions.finish(['runs', 'adapters']);
      requireRemovableModel(services, id);
      await deletions.remove('models', id, undoMilliseconds, () => removeModel(services, id));
      return ok;
    },
  };
}

async function convert(
  { queue, paths }: HandlerServices,
  { file: given, name, float32 = false }: RequestArgument<'models.convert'>,
): Promise<JobRecord> {
  const file = paths.readable(given);
  const found = await stat(file).catch(() => null);
  if (!found?.isFile())
    throw new StudioError(
      'invalid_input',
      `${file} ${found === null ? 'does not exist' : 'is no file'}.`,
      'Give the path of a GGUF file.',
    );
  const modelId = newId('model');
  return queue.add(
    convertJob,
    { title: `Convert ${basename(file)}`, subjectId: modelId },
    { modelId, name: name ?? ggufTitle(basename(file)), file, float32 },
  );
}
