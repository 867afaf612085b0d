import { leakSteps } from '../../domain/data/data-steps.ts';
import type { DatasetDescription } from '../../domain/data/dataset.ts';
import { formatCount, formatPercent } from '../../format/numbers.ts';
import type { Finding } from '../finding.ts';

/** Share of the test examples that a score can gain from what was learned by heart: a point, as differences are read. */
const minShare = 0.01;

export const duplicatesAcrossSplits: Finding = {
  id: 'duplicates-across-splits',
  label: 'Test examples are in the training data',
  severity: 'problem',
  curves: [],
  find({ dataset, run: { config } }) {
    // Validation examples are held out of the training split, which was not compared with itself for that.
    if (dataset === null || config.eval_split !== 'test') return null;
    const tests = dataset.splits.find(({ name }) => name === 'test')?.exampleCount ?? 0;
    const { exact, near } = repeated(dataset);
    const count = Math.max(exact, near);
    if (tests === 0 || count < minShare * tests) return null;
    return {
      evidence: `${formatCount(count)} of ${formatCount(tests)} test examples (${formatPercent(count / tests)} %) ${exact >= near ? 'are' : 'nearly repeat'} training examples, so the score is too good.`,
      advice: 'Open the dataset in Data and leave the repeated rows out, then train again.',
      opens: 'dataset',
      // Images have no steps.
      ...(dataset.text === null ? {} : { dataSteps: leakSteps(dataset.text.duplicates) }),
    };
  },
};

function repeated({ text, duplicates }: DatasetDescription): { exact: number; near: number } {
  const found = text?.duplicates ?? duplicates;
  return { exact: found?.across ?? 0, near: found?.nearAcross ?? 0 };
}
