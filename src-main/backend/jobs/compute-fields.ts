import type { EngineTask } from '../../engine/contract.ts';
import type { Services } from '../services.ts';

/** What the settings say of where and how a task computes. */
export function computeFields(store: Services['store']): Pick<EngineTask, 'compute' | 'threads'> {
  const { compute_backend: compute, threads } = store.settings.get();
  return threads === null ? { compute } : { compute, threads };
}
