import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import type { OpenTexts } from '../../data/dataset.ts';
import { LabelTally } from '../../data/text/label-tally.ts';
import type { ExampleIdentity } from '../task-type.ts';

type Label = TextExample['label'];

/** The labels of all examples of both splits; `take` receives each example. */
export interface ReadTexts {
  /** Values of each accepted example, in file order. */
  readonly labels: { readonly train: readonly Label[]; readonly test: readonly Label[] };
  /** For each accepted test example, its index in the split and its own id. */
  readonly tests: readonly ExampleIdentity[];
  readonly kind: LabelTally['kind'];
  /** In the order of the dataset's description. */
  readonly names: readonly string[];
  /** Range of numeric labels over all rows. */
  readonly range: LabelTally['range'];
  /** Number of examples that `take` rejected. */
  readonly leftOut: number;
}

const reportEvery = 256;

/**
 * Reads a text dataset once.
 * @param take receives each example of the requested splits, and returns whether to use it.
 */
export async function readTexts(
  dataset: OpenTexts,
  wanted: readonly TextExample['split'][],
  take: (example: TextExample) => boolean,
  onRead: (examples: number) => Promise<void>,
): Promise<ReadTexts> {
  const tally = new LabelTally();
  const labels: { train: Label[]; test: Label[] } = { train: [], test: [] };
  const tests: ExampleIdentity[] = [];
  // Shares one string per name among all rows.
  const known = new Map<string, string>();
  const shared = (name: string): string => {
    const before = known.get(name);
    if (before === undefined) known.set(name, name);
    return before ?? name;
  };
  let [read, leftOut] = [0, 0];
  for (const split of ['train', 'test'] as const) {
    let index = -1;
    for await (const example of dataset.examples(split)) {
      index++;
      tally.addExample(example);
      if (++read % reportEvery === 0) await onRead(read);
      if (!wanted.includes(split)) continue;
      if (!take(example)) {
        leftOut++;
        continue;
      }
      labels[split].push(sharedLabel(example.label, shared));
      if (split === 'test') tests.push({ index, id: example.id ?? null });
    }
  }
  for await (const example of dataset.unread?.() ?? []) {
    tally.addExample(example);
    if (++read % reportEvery === 0) await onRead(read);
  }
  await onRead(read);
  return { labels, tests, kind: tally.kind, names: tally.names(), range: tally.range, leftOut };
}

function sharedLabel(label: Label, shared: (name: string) => string): Label {
  if (label === null) return null;
  return Array.isArray(label) ? label.map(shared) : shared(label);
}

/** Index of each label among the classes; 0 if it is none of them. */
export function classIds(labels: readonly Label[], names: readonly string[]): Int32Array {
  const ids = new Map(names.map((name, id) => [name, id]));
  return Int32Array.from(labels, (label) => (typeof label === 'string' ? (ids.get(label) ?? 0) : 0));
}
