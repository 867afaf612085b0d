import { formatCount } from '../../format/numbers.ts';
import type { Finding, Found, RunEvidence } from '../finding.ts';
import { longer } from '../remedies.ts';
import { truncated } from './truncated.ts';

/** Fewer answers may all be long by chance. */
const minAnswers = 4;
/** The answers in the data have to be this many times shorter than what was written: they would have fitted. */
const shorter = 2;

export const neverEnds: Finding = {
  id: 'never-ends',
  label: 'Answers never end',
  severity: 'problem',
  curves: [],
  impliedBy: ['diverged', 'learning-rate-high'],
  find(evidence) {
    const { samples, run } = evidence;
    const last = samples.steps.at(-1);
    if (last === undefined || last.step === 0 || last.answers.length < minAnswers) return null;
    const fitting = last.answers.filter(({ text, ended }, at) => {
      const input = samples.inputs[at];
      const reference = input?.kind === 'prompt' ? input.reference : null;
      return ended === false && reference !== null && shorter * reference.length < text.length;
    });
    if (fitting.length < last.answers.length) return null;
    const { sample_tokens } = run.config;
    return {
      evidence: `All ${last.answers.length} sampled answers ran to ${formatCount(sample_tokens)} tokens without an end token; those in the data are less than half as long.`,
      ...remedyOf(evidence),
    };
  },
};

/** The end token is the last token of an example, so truncation removes it; else it needs more training. */
function remedyOf(evidence: RunEvidence): Pick<Found, 'advice' | 'changes'> {
  const { advice, changes } = truncated.find(evidence) ?? longer(evidence.run.config);
  return changes === undefined ? { advice } : { advice, changes };
}
