import { Button, Text } from '@mantine/core';
import { IconAlertOctagon, IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import { memo } from 'react';
import type { RequestArgument } from '../../../../src-shared/contract/requests.ts';
import { type Changes, withChanges } from '../../../../src-shared/diagnosis/changes.ts';
import { addDataSteps, parseDataSteps } from '../../../../src-shared/domain/data/data-steps.ts';
import type { DatasetRecord } from '../../../../src-shared/domain/data/dataset.ts';
import type { DiagnosedFinding } from '../../../../src-shared/domain/runs/diagnosis.ts';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { useAction, useRequest } from '../../../api/query.ts';
import { navigate, pathOf } from '../../../app/routes.tsx';
import { ErrorNote } from '../../../components/feedback/error-note.tsx';
import { Panel } from '../../../components/layout/panel.tsx';
import { runStrings } from '../../../strings/run.ts';
import { openConfig } from '../../train/draft-store.ts';
import classes from './run-findings.module.css';

const words = runStrings.findings;

const icons = { problem: IconAlertOctagon, warning: IconAlertTriangle, note: IconInfoCircle } as const;

/** Interval at which a training is diagnosed: a finding needs tens of steps. */
const liveMilliseconds = 5000;

/** Lists what the record of a run shows to be wrong, with its numbers and the remedy; nothing if it shows nothing. */
export const RunFindings = memo(function RunFindings({ run }: { run: RunRecord }) {
  const isLive = run.status === 'running';
  const { data: findings = [] } = useRequest(
    'runs.diagnose',
    { id: run.id },
    { enabled: run.status !== 'queued', refetchInterval: isLive ? liveMilliseconds : false },
  );
  if (findings.length === 0) return null;
  return (
    <Panel title={words.title} note={isLive ? words.soFar : words.note} flush>
      <ul className={classes['list']} aria-live="polite">
        {findings.map((finding) => (
          <FindingItem key={finding.id} finding={finding} run={run} />
        ))}
      </ul>
    </Panel>
  );
});

function FindingItem({ finding, run }: { finding: DiagnosedFinding; run: RunRecord }) {
  const { severity, label, evidence, advice } = finding;
  const Icon = icons[severity];
  return (
    <li className={classes['finding']}>
      <div className={classes['severity']} data-severity={severity}>
        <Icon size={16} aria-hidden />
        <span>{words.severities[severity]}</span>
      </div>
      <div className={classes['words']}>
        <Text size="sm" fw={600}>
          {label}
        </Text>
        <Text size="sm">{evidence}</Text>
        <Text size="sm" c="dimmed">
          {advice}
        </Text>
      </div>
      <Remedy finding={finding} run={run} />
    </li>
  );
}

/** Opens Train with the changed settings or data, or the dataset. Imported runs have too few known settings to be trained again. */
function Remedy({ finding, run }: { finding: DiagnosedFinding; run: RunRecord }) {
  const fix = useAction('datasets.update', { onSuccess: () => trainWith(run, {}), onError: () => undefined });
  const dataset = useDataset(finding, run);
  const remedy = remedyOf(finding, run, dataset, fix.mutate);
  if (remedy === null) return null;
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        className={classes['remedy'] ?? ''}
        onClick={remedy.take}
        loading={fix.isPending}
        aria-label={words.remedyOf(remedy.text, finding.label)}
      >
        {remedy.text}
      </Button>
      {fix.error ? <ErrorNote error={fix.error} /> : null}
    </>
  );
}

/** The dataset that a remedy changes; null where it changes none, or the dataset came with the app. */
function useDataset({ dataSteps }: DiagnosedFinding, { datasetId, origin }: RunRecord): DatasetRecord | null {
  const enabled = dataSteps !== null && datasetId !== '' && origin === undefined;
  const { data } = useRequest('datasets.get', { id: datasetId }, { enabled });
  return data === undefined || data.bundled ? null : data;
}

function remedyOf(
  { changes, opens, dataSteps }: DiagnosedFinding,
  run: RunRecord,
  dataset: DatasetRecord | null,
  update: (change: RequestArgument<'datasets.update'>) => void,
): { text: string; take: () => void } | null {
  if (dataset !== null && dataSteps !== null) {
    const { id, source } = dataset;
    const added = parseDataSteps(dataSteps);
    const steps = addDataSteps(String(source.options['steps'] ?? ''), typeof added === 'string' ? [] : added);
    return { text: words.fixDataset, take: () => update({ id, options: { ...source.options, steps } }) };
  }
  if (opens === 'dataset' && run.datasetId !== '')
    return { text: words.openDataset, take: () => navigate(pathOf('data', run.datasetId)) };
  return changes !== null && run.origin === undefined
    ? { text: words.openTrain, take: () => trainWith(run, changes) }
    : null;
}

function trainWith(run: RunRecord, changes: Changes): void {
  openConfig(withChanges(run.config, changes), '', run.tags);
  navigate('/train');
}
