import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { pretrainResultSchema } from '../../../src-shared/domain/pretrain.ts';
import { type Handlers, type NamesOf, ok } from '../handler.ts';
import { newId } from '../identifiers.ts';
import { requireJob } from '../jobs/require-job.ts';
import type { HandlerServices } from '../services.ts';

export function pretrainHandlers({ store, queue }: HandlerServices): Handlers<NamesOf<'pretrain'>> {
  return {
    'pretrain.start': ({ config, path: given, name: wished }) => {
      const path = resolve(given);
      if (existsSync(path))
        throw new StudioError('refused', `${path} is there already.`, 'Choose another folder: nothing is overwritten.');
      const name = wished ?? basename(path);
      const modelId = newId('model');
      return queue.add(
        'pretrain',
        { title: `Train ${name} from scratch`, subjectId: modelId },
        { modelId, name, config, path },
      );
    },
    'pretrain.pause': ({ jobId }) => {
      requireJob(store, jobId, 'pretrain');
      queue.signal(jobId, 'pause');
      return ok;
    },
    'pretrain.result': ({ jobId }) => {
      requireJob(store, jobId, 'pretrain');
      return pretrainResultSchema.nullable().parse(store.jobs.result(jobId));
    },
  };
}
