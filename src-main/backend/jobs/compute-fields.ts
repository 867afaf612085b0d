import type { Settings } from '../../../src-shared/domain/catalog.ts';
import type { EngineTask } from '../../engine/contract.ts';
import type { Services } from '../services.ts';

/** What the settings say of where and how a task computes; the choice of the task itself goes before theirs. */
export function computeFields(
  store: Services['store'],
  own: Settings['compute_backend'] = 'auto',
): Pick<EngineTask, 'compute' | 'threads'> {
  const { compute_backend, threads } = store.settings.get();
  const compute = own === 'auto' ? compute_backend : own;
  return threads === null ? { compute } : { compute, threads };
}
