import { formatCount, formatNumber, plural } from '../../format/numbers.ts';
import { lossCurve } from '../../metrics/curves.ts';
import type { Finding } from '../finding.ts';
import { lowerRate } from '../remedies.ts';
import { beginning, median, valuesOf } from '../series.ts';

/** Losses before a step that it is compared with. */
const before = 9;
/**
 * A spike is twice the usual loss around it and above every one of the first losses: a hard batch among easy ones is not
 * worse than a batch before training.
 */
const spikeRatio = 2;
/** A single spike can be one broken example. */
const minSpikes = 2;

export const lossSpikes: Finding = {
  id: 'loss-spikes',
  label: 'Loss spikes',
  severity: 'warning',
  curves: [lossCurve.metric],
  impliedBy: ['diverged', 'learning-rate-high'],
  find({ run: { config }, curves }) {
    const curve = curves.get(lossCurve.metric);
    const losses = valuesOf(curves, lossCurve.metric);
    if (curve === undefined || curve.width > 1) return null;
    const { highest } = beginning(losses);
    const spikes = losses.flatMap((loss, at) => {
      const usual = median(losses.slice(Math.max(0, at - before), at));
      return at >= before && loss > spikeRatio * usual && loss > highest ? [{ at, loss, usual }] : [];
    });
    const worst = spikes.toSorted((one, other) => other.loss - one.loss)[0];
    if (worst === undefined || spikes.length < minSpikes) return null;
    const step = formatCount((curve.ends[worst.at] ?? 0) + 1);
    return {
      evidence: `The training loss jumped in ${plural(spikes.length, 'step')}, to ${formatNumber(worst.loss)} at step ${step} from about ${formatNumber(worst.usual)}.`,
      ...lowerRate(config, 3),
    };
  },
};
