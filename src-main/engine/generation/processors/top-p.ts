import type { LogitsProcessor } from './processor.ts';

/** Holtzman et al. 2020, The Curious Case of Neural Text Degeneration: the likeliest tokens that together reach probability p. */
export const topP: LogitsProcessor = {
  parameter: {
    name: 'top_p',
    label: 'Top p',
    type: 'number',
    default: 1,
    minimum: 0,
    maximum: 1,
    step: 0.05,
    help: 'Draws from the likeliest tokens that together have this probability; 1 is off.',
  },
  greedyToo: false,
  isOff: (mass) => mass === 1,
  process(scores, mass) {
    const ascending = scores.filter((score) => score > Number.NEGATIVE_INFINITY).sort();
    const highest = ascending.at(-1) ?? 0;
    let total = 0;
    for (const score of ascending) total += Math.exp(score - highest);
    let below = 0;
    let place = 0;
    // Removes the least likely tokens while their total is at most 1 − p; the most likely one stays.
    for (; place < ascending.length - 1; place++) {
      below += Math.exp((ascending[place] ?? 0) - highest) / total;
      if (below > 1 - mass) break;
    }
    const least = ascending[place] ?? highest;
    for (let token = 0; token < scores.length; token++)
      if ((scores[token] ?? 0) < least) scores[token] = Number.NEGATIVE_INFINITY;
  },
};
