import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import type { HandlerServices } from '../../jobs/handler-services.ts';
import type { Handlers, NamesOf } from '../../services/handler.ts';
import { requireAdapter } from '../adapters/adapters.ts';
import { exportJob, requireFreePath } from './export-job.ts';
import { exportTarget } from './index.ts';

export function exportHandlers({ store, queue, paths }: HandlerServices): Handlers<NamesOf<'export'>> {
  return {
    'export.start': ({ adapterId, target, path: given, numbered, replace, parameters }) => {
      const adapter = requireAdapter(store, adapterId);
      const { declaration } = exportTarget(target);
      checkedParameters(declaration, parameters);
      const path = paths.writable(given);
      if (!numbered) requireFreePath(path, replace);
      return queue.add(
        exportJob,
        { title: `${declaration.label} of ${adapter.name}`, subjectId: adapter.id },
        { adapterId, target, path, numbered, replace, parameters },
      );
    },
  };
}
