import { hasClass, LabelSpellings, withUsualLabel } from './merge-labels.ts';
import type { StepWork } from './step.ts';

/** A number with a decimal comma, or with thousands set apart, that cannot be meant otherwise. */
const [decimalComma, thousands] = [/^[+-]?\d+,(?:\d{1,2}|\d{4,})$/, /^[+-]?\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?$/];
/** Most labels of a column of numbers are plain numbers. */
const minPlainShare = 0.5;

/** Labels of a dataset with their usual spelling, or as numbers in JavaScript's form. */
class RepairedLabels {
  private readonly spellings = new LabelSpellings();
  private readonly numbers = { plain: 0, written: 0, other: 0 };

  add(label: string | readonly string[] | null): void {
    for (const one of [label ?? []].flat()) {
      this.numbers[isPlain(one) ? 'plain' : plainNumber(one) === null ? 'other' : 'written']++;
      this.spellings.add(one);
    }
  }

  usual(label: string): string {
    const { plain, written, other } = this.numbers;
    if (other === 0 && plain >= minPlainShare * (plain + written)) return plainNumber(label) ?? label;
    return this.spellings.usual(label);
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
  const labels = new RepairedLabels();
  return {
    fromFirstRows: true,
    survey(row) {
      const example = row.kind === 'example' ? row.example : row.kind === 'fault' ? row.repaired : undefined;
      if (example !== undefined && hasClass(example)) labels.add(example.label);
    },
    begin: () => (row) => {
      if (row.kind === 'left-out') return row;
      const example = row.kind === 'example' ? row.example : row.repaired;
      if (example === undefined) return row;
      const usual = (label: string) => labels.usual(label);
      return { kind: 'example', example: hasClass(example) ? withUsualLabel(example, usual) : example };
    },
  };
}
