import type { Settings } from '../../../src-shared/domain/app/catalog.ts';
import type { EngineTask } from '../../engine/api/jobs.ts';
import type { Services } from '../services/services.ts';

/** Compute settings of a task: its own choice takes precedence over the studio's. */
export function computeFields(
  store: Services['store'],
  own: Settings['compute_backend'] = 'auto',
): Pick<EngineTask, 'compute' | 'threads'> {
  const { compute_backend, threads } = store.settings.get();
  const compute = own === 'auto' ? compute_backend : own;
  return threads === null ? { compute } : { compute, threads };
}
