import { formatCount, formatPercent } from '../../format/numbers.ts';
import { tasks } from '../../tasks/index.ts';
import type { Finding, RunEvidence } from '../finding.ts';

/** Share of the examples from which most of the data are not read whole. */
const minShare = 0.5;
/** Share of the examples that the proposed length holds: the longest few cost memory for all. */
const keptShare = 0.95;
/** Lengths are proposed in multiples of this many tokens. */
const lengthStep = 8;

export const truncated: Finding = {
  id: 'truncated',
  label: 'Most examples are truncated',
  severity: 'warning',
  curves: [],
  find(evidence) {
    const { lengths } = evidence;
    const share = truncatedShare(evidence);
    if (lengths === null || share < minShare) return null;
    const sorted = lengths.lengths.toSorted((one, other) => one - other);
    const wanted = sorted[Math.ceil(keptShare * sorted.length) - 1] ?? 0;
    const proposed = Math.min(lengthStep * Math.ceil(wanted / lengthStep), lengths.maxPositions);
    const limit = limitOf(evidence);
    return {
      evidence: `${formatPercent(share)} % of ${formatCount(sorted.length)} training examples are longer than ${formatCount(limit)} tokens; the median is ${formatCount(sorted[sorted.length >> 1])}.`,
      ...(proposed > limit
        ? {
            advice: `Train again with max_length ${proposed}, which holds ${proposed < wanted ? 'what the base can read' : '95 % of the examples'}.`,
            changes: { max_length: proposed },
          }
        : { advice: `The base reads ${limit} tokens: split long examples, or choose a base with a longer context.` }),
    };
  },
};

function limitOf({ run, lengths }: RunEvidence): number {
  const most = lengths?.maxPositions ?? 0;
  return most > 0 ? Math.min(run.config.max_length, most) : run.config.max_length;
}

/** Share of the measured examples that are longer than the run reads; 0 where that is not known. */
export function truncatedShare(evidence: RunEvidence): number {
  const { lengths, task } = evidence;
  if (lengths === null || lengths.lengths.length === 0) return 0;
  if (tasks.find(({ id }) => id === task)?.uses.every((setting) => setting !== 'max_length') !== false) return 0;
  const limit = limitOf(evidence);
  return lengths.lengths.filter((length) => length > limit).length / lengths.lengths.length;
}
