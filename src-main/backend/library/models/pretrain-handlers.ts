import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { newId } from '../../../store/identifiers.ts';
import type { HandlerServices } from '../../jobs/handler-services.ts';
import type { Handlers, NamesOf } from '../../services/handler.ts';
import { pretrainJob } from './pretrain-job.ts';

export function pretrainHandlers({ queue, store, paths }: HandlerServices): Handlers<NamesOf<'pretrain'>> {
  return {
    'pretrain.start': ({ config, path: given, name: wished }) => {
      const path = paths.writable(given);
      const { model_config, tokenizer, train_data, eval_data } = config;
      for (const read of [model_config, tokenizer ?? [], train_data, eval_data].flat())
        if (store.datasets.find(read) === null) paths.readable(read);
      if (existsSync(path))
        throw new StudioError('refused', `${path} already exists.`, 'Choose another folder: nothing is overwritten.');
      const name = wished ?? basename(path);
      const modelId = newId('model');
      return queue.add(
        pretrainJob,
        { title: `Train ${name} from scratch`, subjectId: modelId },
        { modelId, name, config, path },
      );
    },
  };
}
