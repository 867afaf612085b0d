import { Button, Group, Menu, Stack, Text } from '@mantine/core';
import type { BenchmarkResult } from '../../../src-shared/domain/evaluation/benchmark.ts';
import type { BenchmarkRecord } from '../../../src-shared/domain/evaluation/benchmark-record.ts';
import { lmEvalResults } from '../../../src-shared/results/lm-eval.ts';
import { useAction } from '../../api/query.ts';
import { navigate, pathOf } from '../../app/routes.tsx';
import { fileStem } from '../../components/download.ts';
import { removalItem } from '../../components/feedback/confirm.tsx';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { StatusMark } from '../../components/feedback/status-mark.tsx';
import { fileName } from '../../components/format/file-name.ts';
import { formatDuration } from '../../components/format/format.ts';
import { PathText } from '../../components/format/path-text.tsx';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { MoreMenu } from '../../components/layout/page.tsx';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { benchmarksStrings as words } from '../../strings/benchmarks.ts';
import { JobProgress } from '../jobs/job-progress.tsx';
import { isActive, useJob, useJobResult } from '../jobs/use-job.ts';
import { BenchmarkTable } from './benchmark-table.tsx';

/** A benchmark: what was asked, how far it is, and its scores. */
export function BenchmarkDetail({ record }: { record: BenchmarkRecord }) {
  const { request } = record;
  // Its progress changes many times a second, and what was benchmarked is asked for only as jobs begin and end.
  const job = useJob(record.job.id) ?? record.job;
  const names = request.columns.map((_, column) => record.names[column] ?? String(column));
  const result = useJobResult(job, 'benchmark');
  const isCompared = request.columns.includes(null) && request.columns.length > 1;
  const name = fileName(request.tasks);
  const remove = useAction('benchmarks.remove', {
    failureTitle: words.notRemoved,
    onSuccess: () => {
      notifySuccess(words.removed(name));
      navigate(pathOf('studies', 'benchmarks'), { replace: true });
    },
  });
  return (
    <Stack gap={12}>
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600} lineClamp={2} title={request.tasks}>
          {name}
        </Text>
        <Group gap={8} wrap="nowrap" flex="none">
          {result ? <SaveMenu record={record} names={names} result={result} /> : null}
          {isActive(job) ? null : (
            <Button
              variant="default"
              onClick={() => navigate(`${pathOf('studies', 'benchmarks', 'new')}?as=${encodeURIComponent(job.id)}`)}
            >
              {words.runAgain}
            </Button>
          )}
          <MoreMenu
            label={words.more(name)}
            about={name}
            items={[
              removalItem({
                label: words.remove,
                disabledReason: isActive(job) ? words.stillRunning : null,
                question: words.removeQuestion(name),
                consequence: words.removeConsequence,
                verb: words.remove,
                onConfirm: () => remove.mutate({ id: job.id }),
              }),
            ]}
          />
        </Group>
      </Group>
      <Panel>
        <Facts
          items={[
            { label: words.facts.status, value: <StatusMark status={job.status} /> },
            { label: words.facts.base, value: names[request.columns.indexOf(null)] ?? '–' },
            { label: words.facts.tasks, value: <PathText path={request.tasks} /> },
            { label: words.facts.limit, value: words.limited(request.limit) },
            { label: words.facts.fewShot, value: words.shotsOf(request.num_fewshot) },
            {
              label: words.facts.prompts,
              value: words.promptsOf(request.apply_chat_template, request.fewshot_as_multiturn),
            },
            ...(request.system_instruction ? [{ label: words.facts.system, value: request.system_instruction }] : []),
            { label: words.facts.created, value: <RelativeTime at={job.createdAt} /> },
          ]}
        />
      </Panel>
      <JobProgress job={job} />
      {result === null ? null : (
        <Panel title={words.results} flush note={words.took(formatDuration(result.seconds))}>
          <BenchmarkTable result={result} columns={request.columns} names={names} />
          <Text size="xs" c="dimmed" p={12}>
            {words.legend(isCompared)}
          </Text>
        </Panel>
      )}
    </Stack>
  );
}

interface SaveMenuProps {
  record: BenchmarkRecord;
  names: readonly string[];
  result: BenchmarkResult;
}

/** Saves the results of one model in lm-eval's form, as lm-eval writes a file for each. */
function SaveMenu({ record: { job, request }, names, result }: SaveMenuProps) {
  const save = async (name: string, column: number) => {
    const document = lmEvalResults(result, column, {
      ...request,
      name,
      model: names[request.columns.indexOf(null)] ?? request.model,
      at: job.finishedAt ?? job.createdAt,
      version: window.coto.versions.app,
    });
    try {
      const path = await window.coto.dialogs.saveText(`${JSON.stringify(document, null, 2)}\n`, {
        title: words.saveTitle(name),
        defaultName: `results_${fileStem(name)}.json`,
        filters: [{ name: 'JSON', extensions: ['json'] }],
      });
      if (path !== null) notifySuccess(words.saved, name);
    } catch (error) {
      notifyFailure(error, words.notSaved);
    }
  };
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default">{words.save}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {names.map((name, column) => (
          <Menu.Item key={name} onClick={() => void save(name, column)}>
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
