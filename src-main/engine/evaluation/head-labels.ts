import { labelHead, type ModelDescription, scoreHead, tokenHeads } from '../../../src-shared/domain/models/model.ts';
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
  const heads = [
    labelHead(description)?.name ?? '',
    scoreHead.module,
    ...[...tokenHeads.values()].map(({ module }) => module),
  ];
  const [saved] = heads.flatMap((name) => state?.saved.get(`${name}.weight`) ?? []);
  const labels = saved && state ? state.labels : description.labels;
  return { labels, rows: saved?.shape[0] ?? description.labels.length };
}

/**
 * Returns true if a head fits the labels of a dataset, whose order is only known once the examples are read. Without
 * names of its rows, a head is judged by their number.
 */
export function suitsLabels({ labels, rows }: HeadInUse, wanted: readonly string[]): boolean {
  if (labels === null) return rows === wanted.length;
  const [all, own] = [new Set(labels), new Set(wanted)];
  return all.size === own.size && [...own].every((label) => all.has(label));
}
