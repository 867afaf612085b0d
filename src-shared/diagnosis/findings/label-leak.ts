import { formatCount, formatPercent } from '../../format/numbers.ts';
import type { Finding } from '../finding.ts';

const minExamples = 50;
/** Share of the texts that name their own label: few texts about a subject all use its name. */
const minOwn = 0.95;
/** Share of the texts that name another label: above it, the texts list the labels, as a prompt with choices does. */
const maxOther = 0.2;
/** Shorter labels, such as "a" or "no", occur in any text. */
const minCharacters = 3;

export const labelLeak: Finding = {
  id: 'label-leak',
  label: 'The text names its label',
  severity: 'problem',
  curves: [],
  find({ dataset, examples }) {
    const labels = dataset?.text?.labelKind === 'classes' ? dataset.labels : [];
    if (labels.length < 2 || labels.some((label) => label.length < minCharacters)) return null;
    const naming = new Map(
      labels.map((label) => [label, new RegExp(`(?<!\\w)${label.replaceAll(/[^\w\s]/g, '\\$&')}(?!\\w)`, 'i')]),
    );
    const read = examples.flatMap(({ text, prompt, label }) => {
      const own = typeof label === 'string' ? naming.get(label) : undefined;
      const words = text ?? prompt;
      return own === undefined || words === null ? [] : [{ own, words }];
    });
    if (read.length < minExamples) return null;
    const named = read.filter(({ own, words }) => own.test(words)).length;
    const others = read.filter(({ own, words }) => [...naming.values()].some((one) => one !== own && one.test(words)));
    if (named < minOwn * read.length || others.length > maxOther * read.length) return null;
    return {
      evidence: `${formatCount(named)} of the first ${formatCount(read.length)} training texts (${formatPercent(named / read.length)} %) contain the name of their own label, so nothing else has to be learned.`,
      advice: 'Remove the label from the text column of the file, add the dataset again, then train again.',
      opens: 'dataset',
    };
  },
};
