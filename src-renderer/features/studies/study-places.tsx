import type { PlacedRun, Submission } from '../../../src-shared/domain/target.ts';
import { useRequest } from '../../api/query.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { type DataColumn, DataTable } from '../../components/table/data-table.tsx';
import { studiesStrings } from '../../strings/studies.ts';

const strings = studiesStrings.places;

/** Where the runs of a study are or were trained, by their last submission; nothing for a study of this machine. */
export function StudyPlaces({ id }: { id: string }) {
  const { data } = useRequest('studies.submissions', { id });
  const last = data?.at(-1);
  if (data === undefined || last === undefined) return null;
  return (
    <Panel title={strings.title(last.target)} flush>
      <DataTable label={strings.label} items={latest(data)} itemId={(run) => run.runId} columns={columns} />
    </Panel>
  );
}

interface Place extends PlacedRun {
  readonly generation: number;
}

/** Of a run that was submitted again, the last time. */
function latest(submissions: readonly Submission[]): Place[] {
  const byRun = new Map(
    submissions.flatMap(({ generation, runs }) => runs.map((run) => [run.runId, { ...run, generation }] as const)),
  );
  return [...byRun.values()];
}

const columns: readonly DataColumn<Place>[] = [
  { id: 'title', header: strings.run, value: ({ title }) => title },
  { id: 'state', header: strings.state, width: 100, value: ({ state }) => strings.states[state] },
  { id: 'node', header: strings.node, width: 120, value: ({ node }) => node },
  {
    id: 'step',
    header: strings.step,
    width: 110,
    align: 'right',
    value: ({ step }) => step,
    cell: ({ step, steps }) => (step === null ? '' : strings.of(step, steps)),
  },
  { id: 'generation', header: strings.attempt, width: 90, align: 'right', value: ({ generation }) => generation },
  { id: 'reason', header: strings.reason, value: ({ reason }) => reason },
];
