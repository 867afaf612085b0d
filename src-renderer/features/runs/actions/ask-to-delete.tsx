import { Button, Group, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { formatBytes } from '../../../components/format/format.ts';
import { runsStrings } from '../../../strings/runs.ts';
import classes from '../list/runs-table.module.css';
import { archiveRuns, deleteRuns, sizeOf } from './change-runs.ts';

/** More names than this are counted, not listed. */
const maxNames = 12;

/**
 * Asks once before runs are deleted, by their names and with the disk that it frees, and offers to archive them instead.
 * Runs that train now are left out: their training is to be ended first.
 */
export async function askToDeleteRuns(runs: readonly RunRecord[], onDone: () => void): Promise<void> {
  const doomed = runs.filter(({ status }) => status !== 'running');
  const [first] = doomed;
  if (first === undefined) return;
  const bytes = await sizeOf(doomed);
  const freed = bytes === null ? null : formatBytes(bytes);
  const dialog = modals.open({
    title: doomed.length === 1 ? runsStrings.deleteOne(first.name) : runsStrings.deleteMany(doomed.length),
    children: (
      <DeleteQuestion
        runs={doomed}
        staying={runs.length - doomed.length}
        freed={freed}
        onCancel={() => modals.close(dialog)}
        onArchive={() => {
          modals.close(dialog);
          onDone();
          void archiveRuns(doomed, true);
        }}
        onDelete={() => {
          modals.close(dialog);
          onDone();
          void deleteRuns(doomed, freed);
        }}
      />
    ),
  });
}

interface DeleteQuestionProps {
  runs: readonly RunRecord[];
  staying: number;
  freed: string | null;
  onCancel: () => void;
  onArchive: () => void;
  onDelete: () => void;
}

function DeleteQuestion({ runs, staying, freed, onCancel, onArchive, onDelete }: DeleteQuestionProps) {
  return (
    <Stack gap={12}>
      {runs.length > 1 ? (
        <ul className={classes['names']}>
          {runs.slice(0, maxNames).map((run) => (
            <li key={run.id}>{run.name}</li>
          ))}
          {runs.length > maxNames ? <li>{runsStrings.further(runs.length - maxNames)}</li> : null}
        </ul>
      ) : null}
      <Text>
        {runsStrings.deleteConsequence(runs.length)} {freed === null ? '' : runsStrings.frees(freed)}
      </Text>
      {staying > 0 ? <Text c="dimmed">{runsStrings.staying(staying)}</Text> : null}
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={onCancel} data-autofocus>
          {runsStrings.cancel}
        </Button>
        {runs.some(({ archived }) => !archived) ? (
          <Button variant="default" onClick={onArchive}>
            {runsStrings.deleteInstead}
          </Button>
        ) : null}
        <Button color="red.9" onClick={onDelete}>
          {runsStrings.deleteVerb}
        </Button>
      </Group>
    </Stack>
  );
}
