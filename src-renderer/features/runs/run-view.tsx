import { Stack, Tabs, Text } from '@mantine/core';
import { useState } from 'react';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import type { Curve } from '../../../src-shared/domain/run-history.ts';
import { earlyStop } from '../../../src-shared/results/early-stop.ts';
import { useAction } from '../../api/query.ts';
import { navigate } from '../../app/routes.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { runStrings } from '../../strings/run.ts';
import { type ChartView, initialView } from './chart-controls.tsx';
import { CheckpointTable } from './checkpoint-table.tsx';
import { RunCharts } from './run-charts.tsx';
import { RunConfigPanel } from './run-config.tsx';
import { RunLog } from './run-details.tsx';
import { RunNotes } from './run-heading.tsx';
import { canResume } from './run-labels.ts';
import { RunOverview } from './run-overview.tsx';
import { RunSamplesPanel } from './run-samples.tsx';
import { RunTiles } from './run-tiles.tsx';
import { useOverviewHistory } from './use-run-history.ts';

const words = runStrings.tabs;
const noCurves: ReadonlyMap<string, Curve> = new Map();

/** Everything about one run: beside the table as a peek, or on a page of its own. */
export function RunView({ run }: { run: RunRecord }) {
  const resume = useAction('runs.resume', { failureTitle: 'The run was not resumed' });
  const [view, setView] = useState<ChartView>(initialView);
  const snapshot = useOverviewHistory(run);
  return (
    <Stack gap={12}>
      <RunTiles run={run} curves={snapshot?.runs.get(run.id)?.curves ?? noCurves} />
      <RunNotes run={run} />
      <EarlyStop run={run} />
      {run.error ? (
        <ErrorNote
          error={run.error}
          {...(canResume(run)
            ? { action: { label: 'Resume from the last checkpoint', onClick: () => resume.mutate({ id: run.id }) } }
            : {
                action: {
                  label: 'Edit and rerun',
                  onClick: () => navigate(`/train?from=${encodeURIComponent(run.id)}`),
                },
              })}
        />
      ) : null}
      {/* A hidden tab is not mounted, so that it asks for nothing and draws nothing. */}
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
          <RunOverview run={run} snapshot={snapshot} view={view} onView={setView} />
        </Tabs.Panel>
        <Tabs.Panel value="charts">
          <RunCharts run={run} />
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
    </Stack>
  );
}

function RunTab({ value, label }: { value: string; label: string }) {
  return (
    <Tabs.Tab value={value} px={10}>
      {label}
    </Tabs.Tab>
  );
}

/** That the run ended before its last step; nothing for others. */
function EarlyStop({ run }: { run: RunRecord }) {
  const note = earlyStop(run);
  return note === null ? null : (
    <Text size="sm" c="dimmed">
      {note}
    </Text>
  );
}
