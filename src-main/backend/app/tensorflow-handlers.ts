import { TensorflowSetupProcess } from '../engine/tensorflow-setup.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import type { Handlers, NamesOf } from '../services/handler.ts';

export function tensorflowHandlers({ hub }: HandlerServices): Handlers<NamesOf<'tensorflow'>> {
  const setup = new TensorflowSetupProcess(() => hub.listChanged('settings'));
  return {
    'tensorflow.state': () => setup.state,
    'tensorflow.setup': ({ device }) => setup.start(device),
    'tensorflow.cancel': () => setup.cancel(),
  };
}
