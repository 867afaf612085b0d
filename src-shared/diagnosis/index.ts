import { writeDataSteps } from '../domain/data/data-steps.ts';
import { type DiagnosedFinding, diagnosedFindingSchema, severities } from '../domain/runs/diagnosis.ts';
import type { Finding, Found, RunEvidence } from './finding.ts';
import { alwaysClipped } from './findings/always-clipped.ts';
import { classCollapse } from './findings/class-collapse.ts';
import { deadAdapters } from './findings/dead-adapters.ts';
import { diverged } from './findings/diverged.ts';
import { duplicatesAcrossSplits } from './findings/duplicates-across-splits.ts';
import { evaluationNoise } from './findings/evaluation-noise.ts';
import { forgetting } from './findings/forgetting.ts';
import { labelLeak } from './findings/label-leak.ts';
import { learningRateHigh } from './findings/learning-rate-high.ts';
import { learningRateLow } from './findings/learning-rate-low.ts';
import { lossSpikes } from './findings/loss-spikes.ts';
import { neverEnds } from './findings/never-ends.ts';
import { overfitting } from './findings/overfitting.ts';
import { templateOnly } from './findings/template-only.ts';
import { truncated } from './findings/truncated.ts';
import { underfitted } from './findings/underfitted.ts';

/** Every finding, in the order in which those of one severity are shown. */
export const findings: readonly Finding[] = [
  diverged,
  learningRateHigh,
  learningRateLow,
  lossSpikes,
  duplicatesAcrossSplits,
  labelLeak,
  truncated,
  deadAdapters,
  classCollapse,
  neverEnds,
  templateOnly,
  overfitting,
  underfitted,
  forgetting,
  alwaysClipped,
  evaluationNoise,
];

/** Metrics of a run's history that the findings read. */
export const diagnosedCurves: readonly string[] = [...new Set(findings.flatMap(({ curves }) => curves))];

/** Findings that the record of a run shows, the worst first. */
export function diagnose(evidence: RunEvidence): DiagnosedFinding[] {
  const all = findings.flatMap((finding) => {
    const found = finding.find(evidence);
    return found === null ? [] : [{ finding, found }];
  });
  const ids = new Set(all.map(({ finding }) => finding.id));
  return all
    .filter(({ finding: { impliedBy = [] } }) => impliedBy.every((id) => !ids.has(id)))
    .map(({ finding: { id, label, severity }, found: { evidence: text, advice, changes, dataSteps, opens } }) => ({
      ...{ id, label, severity, evidence: text, advice },
      changes: changesOf(changes),
      dataSteps: dataSteps === undefined ? null : writeDataSteps(dataSteps),
      opens: opens ?? null,
    }))
    .toSorted((one, other) => severities.indexOf(one.severity) - severities.indexOf(other.severity));
}

function changesOf(changes: Found['changes']): DiagnosedFinding['changes'] {
  return changes === undefined ? null : diagnosedFindingSchema.shape.changes.parse(changes);
}
