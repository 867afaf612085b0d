import { type Handlers, type NamesOf, ok } from './handler.ts';
import type { HandlerServices } from './handler-services.ts';

export function deletionHandlers({ deletions }: HandlerServices): Handlers<NamesOf<'deletions'>> {
  return {
    'deletions.undo': ({ list, ids }) => {
      deletions.undo(list, ids);
      return ok;
    },
  };
}
