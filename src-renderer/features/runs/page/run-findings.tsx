import { Button, Text } from '@mantine/core';
import { IconAlertOctagon, IconAlertTriangle, IconInfoCircle } from '@tabler/icons-react';
import { memo } from 'react';
import { type Changes, withChanges } from '../../../../src-shared/diagnosis/changes.ts';
import type { DiagnosedFinding } from '../../../../src-shared/domain/runs/diagnosis.ts';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { useRequest } from '../../../api/query.ts';
import { navigate, pathOf } from '../../../app/routes.tsx';
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

/** Opens Train with the changed settings, or the dataset. Imported runs have too few known settings to be trained again. */
function Remedy({ finding: { label, changes, opens }, run }: { finding: DiagnosedFinding; run: RunRecord }) {
  const remedy =
    opens === 'dataset' && run.datasetId !== ''
      ? { text: words.openDataset, take: () => navigate(pathOf('data', run.datasetId)) }
      : changes !== null && run.origin === undefined
        ? { text: words.openTrain, take: () => trainWith(run, changes) }
        : null;
  return remedy === null ? null : (
    <Button
      size="compact-sm"
      variant="default"
      className={classes['remedy'] ?? ''}
      onClick={remedy.take}
      aria-label={words.remedyOf(remedy.text, label)}
    >
      {remedy.text}
    </Button>
  );
}

function trainWith(run: RunRecord, changes: Changes): void {
  openConfig(withChanges(run.config, changes), '', run.tags);
  navigate('/train');
}
