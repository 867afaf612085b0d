import type { Handlers, NamesOf } from '../services/handler.ts';
import type { HandlerServices } from '../services/handler-services.ts';
import { TensorflowSetupProcess } from './tensorflow-setup.ts';

export function tensorflowHandlers({ hub }: HandlerServices): Handlers<NamesOf<'tensorflow'>> {
  const setup = new TensorflowSetupProcess(() => hub.listChanged('settings'));
  return {
    'tensorflow.state': () => setup.state,
    'tensorflow.setup': ({ device }) => setup.start(device),
    'tensorflow.cancel': () => setup.cancel(),
  };
}
