import { Code, Skeleton } from '@mantine/core';
import type { RunRecord, RunResult } from '../../../../src-shared/domain/runs/run.ts';
import { midSentence } from '../../../../src-shared/format/mid-sentence.ts';
import { metricLabel, scoreText, valueText } from '../../../../src-shared/metrics/index.ts';
import { loss } from '../../../../src-shared/metrics/loss.ts';
import { forgettingFact } from '../../../../src-shared/results/forgetting.ts';
import { headlineOf, namedScores } from '../../../../src-shared/results/headline.ts';
import { paddingText } from '../../../../src-shared/results/padding.ts';
import { togetherText } from '../../../../src-shared/results/together.ts';
import { useRequest } from '../../../api/query.ts';
import { EmptyState } from '../../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../../components/feedback/error-note.tsx';
import { CopyButton } from '../../../components/format/copy-button.tsx';
import {
  formatCount,
  formatDuration,
  formatExact,
  formatNumber,
  formatPercent,
  plural,
} from '../../../components/format/format.ts';
import { Facts, Panel } from '../../../components/layout/panel.tsx';
import { runStrings as words } from '../../../strings/run.ts';
import { methodWithRank } from '../run-labels.ts';
import { useRunNames } from '../use-run-names.ts';
import { useVariantNames } from '../use-variant-names.ts';
import { originFacts } from './imported-facts.tsx';

/** Settings and results of a run, in facts. */
export function RunFactsPanel({ run }: { run: RunRecord }) {
  const variants = useVariantNames();
  const names = useRunNames();
  const { facts, result } = run;
  const together = facts && togetherText(facts);
  const split = run.config.eval_split === 'test' ? 'Test' : 'Validation';
  return (
    <Panel title={words.facts}>
      <Facts
        items={[
          ...(run.origin
            ? originFacts(run.origin)
            : [
                { label: 'Method', value: methodWithRank(run.config, variants) },
                { label: 'Base', value: names.base(run) },
                { label: 'Data', value: names.dataset(run) },
                { label: 'Seed', value: run.config.seed },
              ]),
          ...(facts
            ? [
                {
                  label: 'Trainable parameters',
                  value: `${formatCount(facts.trainableParameters)} of ${formatCount(facts.totalParameters)} (${formatPercent(facts.trainableParameters / facts.totalParameters)} %)`,
                },
                {
                  label: 'Examples',
                  value: `${formatCount(facts.trainExamples)} training, ${formatCount(facts.evalExamples)} ${run.config.eval_split}`,
                },
                ...(facts.paddingShare === null ? [] : [{ label: 'Padding', value: paddingText(facts.paddingShare) }]),
                {
                  label: 'Backend',
                  value: `${facts.backend} · ${plural(facts.threads, 'thread')} · ${facts.computeDtype}`,
                },
                ...(together === null ? [] : [{ label: 'Trained together', value: together }]),
              ]
            : []),
          ...(result
            ? [
                ...namedScores(result).flatMap(({ label, text }, at) => [
                  { label: at > 0 || split === 'Test' ? label : `Validation ${midSentence(label)}`, value: text },
                  ...(at === 0 ? startFacts(result) : []),
                ]),
                ...(result.forgetting === null ? [] : [forgettingFact(result.forgetting)]),
                { label: run.origin ? words.evalLoss : `${split} loss`, value: valueText(loss.id, result.evalLoss) },
                ...(result.best === null || result.best.value === null
                  ? []
                  : [
                      {
                        label: 'Best evaluation',
                        value: `${metricLabel(result.best.metric)} ${scoreText(result.best.metric, result.best.value)} at step ${formatCount(result.best.step)}`,
                      },
                    ]),
                ...(run.origin
                  ? []
                  : [
                      {
                        label: 'Step time',
                        value: `${formatNumber(result.meanStepMilliseconds)} ms mean, ${formatNumber(result.medianStepMilliseconds)} ms median`,
                      },
                      { label: 'Active layers', value: `${formatPercent(result.meanActiveShare)} % on average` },
                    ]),
                ...(result.trainSeconds > 0
                  ? [{ label: 'Training time', value: formatDuration(result.trainSeconds) }]
                  : []),
              ]
            : []),
        ]}
      />
    </Panel>
  );
}

/** Returns the score before training as facts, if it was evaluated. */
function startFacts({ start }: RunResult): { label: string; value: string }[] {
  const score = headlineOf(start);
  if (start === undefined || score === null) return [];
  return [{ label: start.zeroShot ? words.zeroShot(score.label) : words.before(score.label), value: score.text }];
}

export function RunLog({ run }: { run: RunRecord }) {
  const active = run.status === 'running';
  const { data, error } = useRequest('runs.log', { id: run.id }, { refetchInterval: active ? 2000 : false });
  if (error) return <ErrorNote error={error} />;
  if (!data) return <Skeleton h={200} />;
  if (data.length === 0) return <EmptyState>{words.log.empty}</EmptyState>;
  const text = data.map((line) => `${formatExact(line.at)}  ${line.level.padEnd(7)}  ${line.text}`).join('\n');
  return (
    <Panel title={words.log.title} aside={<CopyButton text={text} label={words.log.copy} />}>
      <Code block mah={480} style={{ overflow: 'auto', whiteSpace: 'pre-wrap' }}>
        {text}
      </Code>
    </Panel>
  );
}
