import { midSentence } from '../format/mid-sentence.ts';
import { plural } from '../format/numbers.ts';
import { differenceUnit, valueText, withUnit } from '../metrics/index.ts';
import { loss } from '../metrics/loss.ts';
import type { GridResult, OutcomeCell } from '../studies/grid/grid-schemas.ts';
import { halfWidthText } from '../studies/scores/metric-interval.ts';
import type { GroupComparison, NamedGroup } from './compare-groups.ts';
import { clarityWords, differenceWords } from './difference-clarity.ts';
import { headlineText } from './headline.ts';

/** Groups whose difference has a sentence of its own; the tables have all. */
const maxDifferences = 6;

/** Describes the first metric's comparison of groups in sentences that claim no more than the numbers show. */
export function groupFindings(groups: readonly NamedGroup[], comparisons: readonly GroupComparison[]): string[] {
  const [headline] = comparisons;
  if (headline === undefined) return ['No run has a result yet.'];
  const runs = groups.flatMap((group) => group.runs);
  const [only] = runs;
  if (runs.length === 1 && only !== undefined) return [runSentence(only)];
  const { result, label } = headline;
  const cells = result.outcomes[0]?.cells ?? [];
  const known = cells.flatMap((cell, at) => (cell === null ? [] : [{ cell, at }]));
  const differences = known.filter(({ cell }) => cell.difference !== null);
  return [
    ...known.slice(0, maxDifferences).map(({ cell, at }) => meanSentence(headline, cell, groups[at]?.label ?? '')),
    ...differences
      .slice(0, maxDifferences)
      .map(({ cell, at }) => differenceSentence(result, label, cell, groups[at]?.label ?? '', at)),
    ...(differences.length > 1
      ? [
          `${differences.length} differences are compared with zero: at the 5 % level one in 20 is beyond it by chance alone.`,
        ]
      : []),
  ];
}

function runSentence({ name, step, facts, result }: NamedGroup['runs'][number]): string {
  const score = headlineText(result);
  const examples = facts === null ? '' : ` on ${plural(facts.evalExamples, 'example')}`;
  const lossPart = result?.evalLoss == null ? '' : `, loss ${valueText(loss.id, result.evalLoss)}`;
  return `${name}: ${score === '' ? 'no score' : score}${lossPart}${examples}, after ${plural(step, 'step')}.`;
}

function meanSentence({ metric, label }: GroupComparison, { own }: OutcomeCell, name: string): string {
  const spread = own.halfWidth === null ? '' : `, 95 % interval ± ${halfWidthText(metric, own)}`;
  return `${name}: ${midSentence(label)} ${withUnit(metric, valueText(metric, own.mean))} (${plural(own.n, 'seed')}${spread}).`;
}

function differenceSentence(
  { metric, references, cells }: GridResult,
  label: string,
  { difference }: OutcomeCell,
  name: string,
  at: number,
): string {
  if (difference === null) return '';
  const reference = cells[references[at] ?? 0]?.label ?? '';
  const unit = differenceUnit(metric);
  const words = differenceWords(difference, (size) => valueText(metric, size), unit);
  return words === null
    ? `${name} and ${reference} in ${midSentence(label)}: ${clarityWords.unknown}.`
    : `${name} against ${reference}: ${midSentence(label)} ${words}.`;
}
