import { labelHead, type ModelDescription } from '../../../src-shared/domain/model.ts';
import type { AdapterState } from '../adapters/state.ts';

/** Input of the head check: an adapter or its outline. */
export interface FittedAdapter extends Pick<AdapterState, 'labels'> {
  readonly saved: ReadonlyMap<string, { readonly shape: readonly number[] }>;
}

/** The head that scores an adapter: its own, else the base's. */
export interface HeadInUse {
  /** Null for a saved head that does not name its labels. */
  readonly labels: readonly string[] | null;
  readonly rows: number;
}

export function headInUse(description: ModelDescription, state: FittedAdapter | null): HeadInUse {
  const head = labelHead(description);
  const saved = head && state?.saved.get(`${head.name}.weight`);
  const labels = saved && state ? state.labels : description.labels;
  return { labels, rows: saved?.shape[0] ?? description.labels.length };
}
