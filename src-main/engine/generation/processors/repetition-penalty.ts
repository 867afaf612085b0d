import type { LogitsProcessor } from './processor.ts';

/** Keskar et al. 2019, CTRL (arXiv:1909.05858): positive scores of tokens that occurred are divided, negative ones multiplied. */
export const repetitionPenalty: LogitsProcessor = {
  parameter: {
    name: 'repetition_penalty',
    label: 'Repetition penalty',
    type: 'number',
    default: 1,
    minimum: 0.1,
    maximum: 10,
    step: 0.05,
    help: 'Above 1, tokens that occurred already (in the prompt too) become less likely.',
  },
  greedyToo: true,
  isOff: (penalty) => penalty === 1,
  process(scores, penalty, tokens) {
    for (const token of new Set(tokens)) {
      const score = scores[token];
      if (score !== undefined) scores[token] = score < 0 ? score * penalty : score / penalty;
    }
  },
};
