import { ActionIcon, Button } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { PlacedRun, Submission } from '../../../src-shared/domain/targets/target.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { confirmRemoval } from '../../components/feedback/confirm.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { type DataColumn, DataTable } from '../../components/table/data-table.tsx';
import { studiesStrings } from '../../strings/studies.ts';

const strings = studiesStrings.places;

/** Shows where the runs of a study are or were trained, by their last submission; renders nothing for local studies. */
export function StudyPlaces({ id, name }: { id: string; name: string }) {
  const { data } = useRequest('studies.submissions', { id });
  const cancel = useAction('studies.cancel', { failureTitle: strings.notCancelled });
  const last = data?.at(-1);
  if (data === undefined || last === undefined) return null;
  const runs = latest(data);
  const cancelAll = (
    <Button
      variant="default"
      size="xs"
      onClick={() =>
        confirmRemoval({
          question: strings.endQuestion(name),
          consequence: strings.cancelConsequence(last.target),
          verb: strings.end,
          onConfirm: () => cancel.mutate({ id }),
        })
      }
    >
      {strings.cancelAll}
    </Button>
  );
  return (
    <Panel title={strings.title(last.target)} flush aside={runs.some(isOpen) ? cancelAll : null}>
      <DataTable
        label={strings.label}
        items={runs}
        itemId={(run) => run.runId}
        columns={columns}
        rowActions={(run) =>
          isOpen(run) ? (
            <ActionIcon
              variant="subtle"
              aria-label={strings.cancelRun(run.title)}
              title={strings.cancelRun(run.title)}
              loading={cancel.isPending && cancel.variables.runs?.includes(run.index) === true}
              onClick={() => cancel.mutate({ id, runs: [run.index] })}
            >
              <IconX size={16} />
            </ActionIcon>
          ) : null
        }
      />
    </Panel>
  );
}

/** Returns true if the run can be cancelled. */
function isOpen({ state, isOfOpen }: Place): boolean {
  return isOfOpen && (state === 'waiting' || state === 'running');
}

interface Place extends PlacedRun {
  readonly generation: number;
  /** True for runs of an unfinished submission. */
  readonly isOfOpen: boolean;
}

/** Returns the last submission of each run. */
function latest(submissions: readonly Submission[]): Place[] {
  const byRun = new Map(
    submissions.flatMap(({ generation, status, runs }) =>
      runs.map((run) => [run.runId, { ...run, generation, isOfOpen: status === 'open' }] as const),
    ),
  );
  return [...byRun.values()];
}

const columns: readonly DataColumn<Place>[] = [
  { id: 'title', header: strings.run, value: ({ title }) => title },
  { id: 'state', header: strings.state, width: 84, value: ({ state }) => strings.states[state] },
  { id: 'node', header: strings.node, width: 84, value: ({ node }) => node },
  {
    id: 'step',
    header: strings.step,
    width: 96,
    align: 'right',
    value: ({ step }) => step,
    cell: ({ step, steps }) => (step === null ? '' : strings.of(step, steps)),
  },
  { id: 'generation', header: strings.attempt, width: 76, align: 'right', value: ({ generation }) => generation },
  { id: 'reason', header: strings.reason, value: ({ reason }) => reason },
];
