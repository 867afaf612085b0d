import { Stack, Tabs, Text } from '@mantine/core';
import { memo, useState } from 'react';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { earlyStop } from '../../../../src-shared/results/early-stop.ts';
import { inputChangesText } from '../../../../src-shared/results/input-changes.ts';
import { navigate } from '../../../app/routes.tsx';
import { ErrorNote } from '../../../components/feedback/error-note.tsx';
import { runStrings } from '../../../strings/run.ts';
import { useResumeRun } from '../actions/use-resume-run.tsx';
import { type ChartView, initialView } from '../charts/chart-controls.tsx';
import { RunCharts } from '../charts/run-charts.tsx';
import type { HistorySource } from '../charts/use-history.ts';
import { useOverviewHistory } from '../charts/use-run-history.ts';
import { resumeLabel } from '../run-labels.ts';
import { useDrawnRun, useRestOfRun } from '../use-unchanged.ts';
import { CheckpointTable } from './checkpoint-table.tsx';
import { RunConfigPanel } from './run-config.tsx';
import { RunLog } from './run-details.tsx';
import { RunFindings } from './run-findings.tsx';
import { RunNotes } from './run-heading.tsx';
import { RunOverview } from './run-overview.tsx';
import { RunSamplesPanel } from './run-samples.tsx';
import { RunTiles } from './run-tiles.tsx';

const words = runStrings.tabs;

/** Everything about one run: beside the table as a peek, or on a page of its own. */
export function RunView({ run }: { run: RunRecord }) {
  const history = useOverviewHistory(run);
  const rest = useRestOfRun(run);
  return (
    <Stack gap={12}>
      <RunTiles run={run} history={history} />
      <RunNotes run={rest} />
      <RunEnd run={rest} />
      <RunFindings run={rest} />
      <RunTabs run={rest} history={history} />
    </Stack>
  );
}

/** Shows why a run ended early or failed, and how to continue. */
const RunEnd = memo(function RunEnd({ run }: { run: RunRecord }) {
  const { resumeRun } = useResumeRun();
  const label = resumeLabel(run);
  const action =
    label === null
      ? { label: runStrings.resume.editAndRerun, onClick: () => navigate(`/train?from=${encodeURIComponent(run.id)}`) }
      : { label, onClick: () => resumeRun(run) };
  return (
    <>
      <EndNote text={earlyStop(run)} />
      <EndNote text={inputChangesText(run.facts)} />
      {run.error ? <ErrorNote error={run.error} action={action} isFailure={run.status === 'failed'} /> : null}
    </>
  );
});

const RunTabs = memo(function RunTabs({ run, history }: { run: RunRecord; history: HistorySource }) {
  const [view, setView] = useState<ChartView>(initialView);
  const drawn = useDrawnRun(run);
  return (
    // A hidden tab is not mounted, so that it asks for nothing and draws nothing.
    <Tabs defaultValue="overview" keepMounted={false}>
      <Tabs.List mb={12} style={{ flexWrap: 'nowrap' }}>
        <RunTab value="overview" label={words.overview} />
        <RunTab value="charts" label={words.charts} />
        {run.origin ? null : <RunTab value="samples" label={words.samples} />}
        <RunTab value="config" label={words.config} />
        <RunTab value="checkpoints" label={words.checkpoints} />
        <RunTab value="log" label={words.log} />
      </Tabs.List>
      <Tabs.Panel value="overview">
        <RunOverview run={drawn} history={history} view={view} onView={setView} />
      </Tabs.Panel>
      <Tabs.Panel value="charts">
        <RunCharts run={drawn} />
      </Tabs.Panel>
      <Tabs.Panel value="samples">
        <RunSamplesPanel run={run} />
      </Tabs.Panel>
      <Tabs.Panel value="config">
        <RunConfigPanel run={run} />
      </Tabs.Panel>
      <Tabs.Panel value="checkpoints">
        <CheckpointTable run={run} />
      </Tabs.Panel>
      <Tabs.Panel value="log">
        <RunLog run={run} />
      </Tabs.Panel>
    </Tabs>
  );
});

function RunTab({ value, label }: { value: string; label: string }) {
  return (
    <Tabs.Tab value={value} px={10}>
      {label}
    </Tabs.Tab>
  );
}

function EndNote({ text }: { text: string | null }) {
  return text === null ? null : (
    <Text size="sm" c="dimmed">
      {text}
    </Text>
  );
}
