import { pythonSpace } from '../functions/python-text.ts';
import type { Likelihood } from './choice-metrics.ts';

const space = new RegExp(`[${pythonSpace}]+`);

type RollingMetric = (likelihood: Likelihood, text: string) => readonly [number, number];

const byBytes: RollingMetric = ({ sum }, text) => [sum, Buffer.byteLength(text)];

/** Metrics of a whole text's likelihood: with its words or its bytes, over which all texts together are averaged. */
export const rollingMetrics: Readonly<Record<string, RollingMetric>> = {
  word_perplexity: ({ sum }, text) => [sum, text.split(space).length],
  byte_perplexity: byBytes,
  bits_per_byte: byBytes,
};
