import type { LogitsProcessor } from './processor.ts';

/** Nguyen et al. 2024 (arXiv:2407.01082): tokens at least p times as likely as the likeliest one. */
export const minP: LogitsProcessor = {
  parameter: {
    name: 'min_p',
    label: 'Min p',
    type: 'number',
    default: 0,
    minimum: 0,
    maximum: 1,
    step: 0.05,
    help: 'Draws from tokens that are at least this many times as likely as the likeliest one; 0 is off.',
  },
  greedyToo: false,
  isOff: (share) => share === 0,
  process(scores, share) {
    const highest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
    for (let token = 0; token < scores.length; token++)
      if (Math.exp((scores[token] ?? 0) - highest) < share) scores[token] = Number.NEGATIVE_INFINITY;
  },
};
