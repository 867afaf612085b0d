import type { LogitsProcessor } from './processor.ts';

/** Divides the scores. 0 means greedy decoding, without division. */
export const temperature: LogitsProcessor = {
  parameter: {
    name: 'temperature',
    label: 'Temperature',
    type: 'number',
    default: 0.7,
    minimum: 0,
    maximum: 10,
    step: 0.1,
    help: 'Higher is more random. At 0, the most likely token is always used, and the settings below have no effect.',
  },
  greedyToo: false,
  isOff: (value) => value === 1 || value === 0,
  process(scores, value) {
    for (let token = 0; token < scores.length; token++) scores[token] = (scores[token] ?? 0) / value;
  },
};
