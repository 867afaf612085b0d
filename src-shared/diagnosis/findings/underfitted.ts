import { formatNumber, formatPercent } from '../../format/numbers.ts';
import { lossCurve } from '../../metrics/curves.ts';
import { loss } from '../../metrics/loss.ts';
import { evaluationName } from '../../metrics/recorded.ts';
import { mean } from '../../statistics/student.ts';
import { type Finding, hasEnded } from '../finding.ts';
import { longer } from '../remedies.ts';
import { beginning, differenceError, part, valuesOf } from '../series.ts';

const minValues = 20;
/**
 * The last quarter of a training whose curve has flattened adds less than a tenth of the whole fall; a straight line, a quarter.
 */
const lastShare = 0.2;
/** A loss that fell by less than this share as a whole did not learn slowly: it had little to learn, or could not. */
const minFall = 0.05;
/** Standard errors by which the fall has to exceed the noise of the batches. */
const minErrors = 3;

export const underfitted: Finding = {
  id: 'underfitted',
  label: 'Ended while still learning',
  severity: 'warning',
  curves: [lossCurve.metric, evaluationName(loss.id)],
  impliedBy: ['diverged', 'learning-rate-high', 'learning-rate-low', 'overfitting'],
  find(evidence) {
    const { run, curves } = evidence;
    const losses = valuesOf(curves, lossCurve.metric);
    if (!hasEnded(evidence) || run.result === null || run.result.stoppedEarly || losses.length < minValues) return null;
    const [before, last] = [part(losses, 0.5, 0.75), part(losses, 0.75, 1)];
    const fall = mean(before) - mean(last);
    const { level } = beginning(losses);
    const whole = level - mean(last);
    if (!(whole > minFall * level && fall > lastShare * whole && fall > minErrors * differenceError(before, last)))
      return null;
    const evaluations = valuesOf(curves, evaluationName(loss.id));
    if (evaluations.some((value) => value < (evaluations.at(-1) ?? value))) return null;
    return {
      evidence: `The last quarter of the steps still lowered the training loss from ${formatNumber(mean(before))} to ${formatNumber(mean(last))}, ${formatPercent(fall / whole)} % of the whole fall.`,
      ...longer(run.config),
    };
  },
};
