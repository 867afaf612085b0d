import { Button, Group, Skeleton, Stack, Table, Text } from '@mantine/core';
import { pathLabel } from '../../../src-shared/contract/paths.ts';
import type { TaskSummary } from '../../../src-shared/domain/evaluation/benchmark.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { formatCount } from '../../components/format/format.ts';
import { PathText } from '../../components/format/path-text.tsx';
import { HelpButton } from '../../components/help/help-button.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { benchmarksStrings, benchmarksStrings as words } from '../../strings/benchmarks.ts';
import type { useBenchmarkForm } from './use-benchmark-form.ts';
import { WideTable } from './wide-table.tsx';

const kinds = new Map(Object.entries(benchmarksStrings.kinds));

/** Returns the display name of an lm-eval output type; unknown types keep their own name. */
function kindWords(outputType: string): string {
  return kinds.get(outputType) ?? outputType;
}

type TaskChoiceProps = Pick<
  ReturnType<typeof useBenchmarkForm>,
  'tasks' | 'setTasks' | 'found' | 'fault' | 'readAgain' | 'isReading' | 'shots'
>;

/** Choice of the tasks to run: their files, and their contents. */
export function TaskChoice({ tasks, setTasks, found, fault, readAgain, isReading, shots }: TaskChoiceProps) {
  const choose = async (ask: () => Promise<string | null>) => {
    try {
      const path = await ask();
      if (path !== null) setTasks(path);
    } catch (error) {
      notifyFailure(error);
    }
  };
  const { openFile, openFolder } = window.coto.dialogs;
  return (
    <Panel
      title={words.tasks}
      note={words.tasksNote}
      aside={<HelpButton label={words.tasks} card="guide/benchmarks" />}
    >
      <Stack gap={8}>
        <Group gap={8}>
          <Button
            variant="default"
            onClick={() =>
              void choose(() =>
                openFile({ title: words.fileTitle, filters: [{ name: 'YAML', extensions: ['yaml', 'yml'] }] }),
              )
            }
          >
            {words.chooseFile}
          </Button>
          <Button variant="default" onClick={() => void choose(() => openFolder({ title: words.folderTitle }))}>
            {words.chooseFolder}
          </Button>
        </Group>
        {tasks === null ? (
          <Text size="sm" c="dimmed">
            {words.noTasks}
          </Text>
        ) : (
          <PathText path={pathLabel(tasks)} />
        )}
        {fault ? <ErrorNote error={fault} action={{ label: words.tryAgain, onClick: readAgain }} /> : null}
        {isReading ? <Skeleton h={60} /> : null}
        {found ? <TaskTable tasks={found} shots={shots} /> : null}
      </Stack>
    </Panel>
  );
}

/** @param shots in place of each task's own */
function TaskTable({ tasks, shots }: { tasks: readonly TaskSummary[]; shots: number | null }) {
  return (
    <WideTable label={words.tasks}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{words.task}</Table.Th>
          <Table.Th>{words.kind}</Table.Th>
          <Table.Th>{words.metrics}</Table.Th>
          <Table.Th ta="right">{words.shots}</Table.Th>
          <Table.Th ta="right">{words.examples}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {tasks.map(({ name, outputType, metrics, shots: own, total }) => (
          <Table.Tr key={name}>
            <Table.Td>{name}</Table.Td>
            <Table.Td>{kindWords(outputType)}</Table.Td>
            <Table.Td>{metrics.join(', ')}</Table.Td>
            <Table.Td ta="right">{shots ?? own}</Table.Td>
            <Table.Td ta="right">{formatCount(total)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </WideTable>
  );
}
