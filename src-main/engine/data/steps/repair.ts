import type { TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import { withChange } from './changes.ts';
import { LabelSpellings } from './label-spellings.ts';
import type { StepWork } from './step.ts';

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
