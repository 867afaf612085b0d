import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import { withoutSpelling } from '../text/spelling.ts';
import { withChange } from './changes.ts';
import type { StepWork } from './step.ts';

/** Columns with more labels stay unchanged: they are not classes. */
const maxLabels = 1000;

/** Spellings of a dataset's labels, and the most frequent one of each. */
export class LabelSpellings {
  private readonly labels = new Map<string, Map<string, number>>();

  add(label: string): void {
    const key = withoutSpelling(label);
    const spellings = this.labels.get(key) ?? new Map<string, number>();
    if (this.labels.size > maxLabels) return;
    this.labels.set(key, spellings);
    spellings.set(label, (spellings.get(label) ?? 0) + 1);
  }

  /** Returns the most frequent of the spellings that differ only by case and white space, or the first of equals. */
  usual(label: string): string {
    if (this.labels.size > maxLabels) return label;
    let [best, most] = [label, 0];
    for (const [spelling, count] of this.labels.get(withoutSpelling(label)) ?? [])
      if (count > most) [best, most] = [spelling, count];
    return best;
  }
}

/** Merges labels that differ only by case and white space: each gets the most frequent spelling. */
export function mergeLabels(): StepWork {
  const spellings = new LabelSpellings();
  return {
    fromFirstRows: true,
    survey(row) {
      if (row.kind !== 'example' || !hasClass(row.example)) return;
      for (const label of [row.example.label ?? []].flat()) spellings.add(label);
    },
    begin: () => (row) =>
      row.kind === 'example' && hasClass(row.example)
        ? { kind: 'example', example: withUsualLabel(row.example, (label) => spellings.usual(label)) }
        : row,
  };
}

/** The label of a row with choices is one of them, and tags are read by their scheme. */
export function hasClass({ choices, tags }: TextExample): boolean {
  return choices === null && tags === undefined;
}

/** The example with the usual spelling of its label or labels, and a note if that is another one. */
export function withUsualLabel(example: TextExample, usual: (label: string) => string): TextExample {
  const { label } = example;
  if (label === null) return example;
  const next = Array.isArray(label) ? [...new Set(label.map(usual))] : usual(label);
  if (String(next) === String(label)) return example;
  return withChange({ ...example, label: next }, `label: "${label}" is read as "${next}"`);
}
