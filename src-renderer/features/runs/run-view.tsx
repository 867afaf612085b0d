import { Group, Progress, Stack, Tabs, TagsInput, Text, Textarea } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { earlyStop } from '../../../src-shared/results/early-stop.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate } from '../../app/routes.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { formatCount, formatDuration, formatNumber } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { markWatched } from '../home/use-first-steps.ts';
import { RunCharts } from './run-charts.tsx';
import { RunCheckpoints, RunConfigText, RunFactsPanel, RunLog } from './run-details.tsx';
import { canResume } from './run-labels.ts';

/** Everything about one run: beside the table as a peek, or on a page of its own. */
export function RunView({ run }: { run: RunRecord }) {
  const resume = useAction('runs.resume', { failureTitle: 'The run was not resumed' });
  useEffect(markWatched, []);
  return (
    <Stack gap={12}>
      <RunProgress run={run} />
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
      <Tabs defaultValue="charts" keepMounted={false}>
        <Tabs.List mb={12} style={{ flexWrap: 'nowrap' }}>
          <Tabs.Tab value="charts" px={10}>
            Charts
          </Tabs.Tab>
          <Tabs.Tab value="facts" px={10}>
            Facts
          </Tabs.Tab>
          <Tabs.Tab value="config" px={10}>
            Config
          </Tabs.Tab>
          <Tabs.Tab value="checkpoints" px={10}>
            Checkpoints
          </Tabs.Tab>
          <Tabs.Tab value="log" px={10}>
            Log
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="charts">
          <RunCharts run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="facts">
          <Stack gap={12}>
            <RunFactsPanel run={run} />
            <RunNotes key={run.id} run={run} />
          </Stack>
        </Tabs.Panel>
        <Tabs.Panel value="config">
          <RunConfigText run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="checkpoints">
          <RunCheckpoints run={run} />
        </Tabs.Panel>
        <Tabs.Panel value="log">
          <RunLog run={run} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

/** How far a run is, as long as it runs; its place keeps its height, so that nothing jumps at the end. */
function RunProgress({ run }: { run: RunRecord }) {
  const { data: jobs } = useRequest('jobs.list', {});
  const job = jobs?.find((candidate) => candidate.subjectId === run.id);
  if (run.status !== 'running' && run.status !== 'queued') return null;
  const total = run.facts?.totalSteps ?? 0;
  const share = total > 0 ? (100 * run.step) / total : 0;
  const progress = job?.progress;
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm">
          {run.status === 'queued' ? 'Waits for the jobs before it' : (progress?.phase ?? 'Starting')}
          {total > 0 ? ` · step ${formatCount(run.step)} of ${formatCount(total)}` : ''}
        </Text>
        <Text size="sm" c="dimmed">
          {progress?.perSecond ? `${formatNumber(progress.perSecond)} ${progress.unit} a second` : ''}
          {progress?.etaSeconds != null ? ` · ${formatDuration(progress.etaSeconds)} left` : ''}
        </Text>
      </Group>
      <Progress
        value={share}
        size={6}
        aria-label={`Progress of ${run.name}`}
        color={run.config.coto ? 'var(--studio-coto)' : 'indigo'}
      />
    </div>
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

/** Name tags and a note, saved when the field is left. */
function RunNotes({ run }: { run: RunRecord }) {
  const [note, setNote] = useState(run.note);
  const update = useAction('runs.update', { failureTitle: 'The run was not changed' });
  return (
    <Panel title="Tags and note">
      <Stack gap={8}>
        <TagsInput label="Tags" value={run.tags} onChange={(tags) => update.mutate({ id: run.id, tags })} />
        <Textarea
          label="Note"
          autosize
          minRows={2}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          onBlur={() => {
            if (note !== run.note) update.mutate({ id: run.id, note });
          }}
        />
      </Stack>
    </Panel>
  );
}
