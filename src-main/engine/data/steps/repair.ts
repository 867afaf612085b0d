import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import { withoutSpelling } from '../text/spelling.ts';
import { withChange } from './changes.ts';
import type { StepWork } from './step.ts';

/** Columns with more labels stay unchanged: they are not classes. */
const maxLabels = 1000;
/** A number with a decimal comma, or with thousands set apart, that cannot be meant otherwise. */
const [decimalComma, thousands] = [/^[+-]?\d+,(?:\d{1,2}|\d{4,})$/, /^[+-]?\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?$/];
/** Most labels of a column of numbers are plain numbers. */
const minPlainShare = 0.5;

/** Spellings of a dataset's labels, and the most common one of each. */
class LabelSpellings {
  private readonly labels = new Map<string, Map<string, number>>();
  private readonly numbers = { plain: 0, written: 0, other: 0 };

  add(label: string | readonly string[] | null): void {
    for (const one of [label ?? []].flat()) {
      this.numbers[isPlain(one) ? 'plain' : plainNumber(one) === null ? 'other' : 'written']++;
      const key = withoutSpelling(one);
      const spellings = this.labels.get(key) ?? new Map<string, number>();
      if (this.labels.size > maxLabels) continue;
      this.labels.set(key, spellings);
      spellings.set(one, (spellings.get(one) ?? 0) + 1);
    }
  }

  /**
   * Returns the most frequent of the spellings that differ only by case and white space, or the first of equals;
   * numbers use JavaScript's form.
   */
  usual(label: string): string {
    const { plain, written, other } = this.numbers;
    if (other === 0 && plain >= minPlainShare * (plain + written)) return plainNumber(label) ?? label;
    if (this.labels.size > maxLabels) return label;
    let [best, most] = [label, 0];
    for (const [spelling, count] of this.labels.get(withoutSpelling(label)) ?? [])
      if (count > most) [best, most] = [spelling, count];
    return best;
  }
}

function isPlain(label: string): boolean {
  return label.trim() !== '' && Number.isFinite(Number(label));
}

/** A number written otherwise, as JavaScript writes it; null for what is none, or may be meant otherwise (1,234). */
function plainNumber(label: string): string | null {
  const text = label.trim();
  if (decimalComma.test(text)) return text.replace(',', '.');
  return thousands.test(text) ? text.replaceAll(',', '') : null;
}

/** Mends what can be mended without a guess: faulty rows, and labels that differ from others by nothing but their spelling. */
export function repair(): StepWork {
  const spellings = new LabelSpellings();
  return {
    fromFirstRows: true,
    survey(row) {
      const example = row.kind === 'example' ? row.example : row.kind === 'fault' ? row.repaired : undefined;
      if (example !== undefined && hasClass(example)) spellings.add(example.label);
    },
    begin: () => (row) => {
      if (row.kind === 'left-out') return row;
      const example = row.kind === 'example' ? row.example : row.repaired;
      if (example === undefined) return row;
      return { kind: 'example', example: hasClass(example) ? unified(example, spellings) : example };
    },
  };
}

/** The label of a row with choices is one of them, and tags are read by their scheme. */
function hasClass({ choices, tags }: TextExample): boolean {
  return choices === null && tags === undefined;
}

function unified(example: TextExample, spellings: LabelSpellings): TextExample {
  const { label } = example;
  if (label === null) return example;
  const next = Array.isArray(label) ? [...new Set(label.map((one) => spellings.usual(one)))] : spellings.usual(label);
  if (String(next) === String(label)) return example;
  return withChange({ ...example, label: next }, `label: "${label}" is read as "${next}"`);
}
