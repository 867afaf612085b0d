import type { Finding } from '../finding.ts';
import { longer } from '../remedies.ts';

/** Fewer prompts may have the same right answer. */
const minAnswers = 4;
const shownCharacters = 40;

export const templateOnly: Finding = {
  id: 'template-only',
  label: 'Same answer to every prompt',
  severity: 'problem',
  curves: [],
  // Answers without an end repeat themselves, whatever the prompt.
  impliedBy: ['diverged', 'learning-rate-high', 'never-ends'],
  find({ samples, run }) {
    const last = samples.steps.at(-1);
    if (last === undefined || last.step === 0 || last.answers.length < minAnswers) return null;
    const references = samples.inputs.map((input) => (input.kind === 'prompt' ? input.reference : null));
    if (references.includes(null) || new Set(references).size < minAnswers) return null;
    const [answer = '', ...others] = new Set(last.answers.map(({ text }) => text.trim()));
    if (others.length > 0) return null;
    const shown = answer.length > shownCharacters ? `${answer.slice(0, shownCharacters)}…` : answer;
    return {
      evidence: `All ${last.answers.length} sampled prompts, whose answers in the data differ, got ${answer === '' ? 'an empty answer' : `the answer "${shown.replaceAll(/\s+/g, ' ')}"`}.`,
      ...longer(run.config),
    };
  },
};
