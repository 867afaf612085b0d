import { plural } from '../format/numbers.ts';
import { differenceText, rowDifference } from './comparison.ts';
import { formatFigure, type TableRow } from './comparison-row.ts';
import { type Clarity, clarityOf, clarityWords } from './difference-clarity.ts';
import type { ComparisonSides } from './names.ts';

/** Rows beside the adapters' own score. */
const maxOthers = 2;

/**
 * Returns the paragraph that a report begins with: the score of the adapters alone, and the largest other differences, clear
 * ones first. Null if no accuracy has values with and without CoTo.
 * @param examples test examples behind each accuracy; null where unknown or mixed
 */
export function leadParagraph(
  rows: readonly TableRow[],
  { without, coto }: ComparisonSides,
  examples: number | null,
): string | null {
  const compared = rows.flatMap((row) => {
    const difference = rowDifference(row);
    if (difference === null || row.unit !== 'percent' || row.better === null) return [];
    return [{ row, difference, clarity: clarityOf(difference) }];
  });
  const alone = compared.filter(({ row }) => row.id === 'alone');
  const order: readonly Clarity[] = ['clear', 'unclear', 'unknown'];
  const others = compared
    .filter(({ row }) => row.id !== 'alone')
    .sort(
      (one, other) =>
        order.indexOf(one.clarity) - order.indexOf(other.clarity) ||
        Math.abs(other.difference.mean) - Math.abs(one.difference.mean),
    )
    .slice(0, maxOthers);
  if (alone.length + others.length === 0) return null;
  const seeds = Math.max(...compared.map(({ difference }) => difference.n));
  const basis = [
    ...(seeds > 1 ? [plural(seeds, 'seed')] : []),
    ...(examples === null ? [] : [plural(examples, 'test example')]),
  ];
  const sentences = [...alone, ...others].map(({ row, difference, clarity }) => {
    const side = ({ mean }: TableRow['lora']) => (mean === null ? '–' : `${formatFigure(mean, row.unit)} %`);
    const verdict = clarity === 'clear' ? '' : `: ${clarityWords[clarity]}`;
    return `${row.label}: ${side(row.lora)} without and ${side(row.coto)} with CoTo (${differenceText(difference, row.unit)} points${verdict}).`;
  });
  return `${coto} compared with ${without}${basis.length === 0 ? '' : ` (${basis.join(', ')})`}. ${sentences.join(' ')}`;
}
