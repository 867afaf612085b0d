import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Handlers, NamesOf } from '../handler.ts';
import { newId } from '../identifiers.ts';
import { pretrainJob } from '../jobs/pretrain.ts';
import type { HandlerServices } from '../services.ts';

export function pretrainHandlers({ queue }: HandlerServices): Handlers<NamesOf<'pretrain'>> {
  return {
    'pretrain.start': ({ config, path: given, name: wished }) => {
      const path = resolve(given);
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
