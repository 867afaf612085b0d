import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetDescription } from '../../../src-shared/domain/data/dataset.ts';
import { labelHead, type ModelDescription, scoreHead, tokenHeads } from '../../../src-shared/domain/models/model.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import type { TaskType } from '../tasks/task-type.ts';

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

/** @throws StudioError refused for a task that learns no head of classes from these data */
export function requireClassHead(
  { declaration }: Pick<TaskType, 'declaration'>,
  description: ModelDescription,
  dataset: DatasetDescription,
): void {
  const labels = declaration.headLabels?.(description, dataset) ?? null;
  const isOfClasses = dataset.text === null || dataset.text.labelKind === 'classes';
  if (labels !== null && isOfClasses && labelHead(description) !== undefined) return;
  throw new StudioError(
    'refused',
    `${declaration.label} on a base of the family ${description.family} has no task head for classes.`,
    'Leave out head, or choose a classifier of images or texts.',
  ).at('head');
}
