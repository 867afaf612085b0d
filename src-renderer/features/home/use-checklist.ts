import { useLocalStorage } from '@mantine/hooks';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { useRequest } from '../../api/query.ts';
import { pathOf } from '../../app/routes.tsx';

export type StepId = 'demo' | 'report' | 'data' | 'model' | 'merge';
/** `doing`: it has begun, and there is nothing to do but wait. */
export type StepState = 'open' | 'doing' | 'done';

export interface ChecklistState {
  readonly steps: readonly { readonly id: StepId; readonly state: StepState }[];
  /** The newest report. */
  readonly reportPath: string | null;
  /** Until somebody has had enough of it. */
  readonly isShown: boolean;
  dismiss(): void;
}

const key = 'coto-first-steps';
const reportKey = 'coto-report-seen';

/** Says that the user has opened a report. */
export function markReportSeen(): void {
  localStorage.setItem(reportKey, JSON.stringify(true));
}

/** Determines which first steps are done, from the records of the home. */
export function useChecklist(studies: readonly StudyRecord[] | undefined): ChecklistState {
  const [mark, setMark] = useLocalStorage<string>({ key, defaultValue: 'new', getInitialValueInEffect: false });
  const [reportSeen] = useLocalStorage({ key: reportKey, defaultValue: false, getInitialValueInEffect: false });
  const enabled = mark !== 'dismissed';
  const { data: datasets } = useRequest('datasets.list', {}, { enabled });
  const { data: models } = useRequest('models.list', {}, { enabled });
  const { data: adapters } = useRequest('adapters.list', {}, { enabled });
  const { data: reports } = useRequest('reports.list', {}, { enabled });
  const isOpen = studies?.some(({ status }) => status === 'queued' || status === 'running');
  const demo = studies?.some(({ status }) => status === 'completed') ? 'done' : isOpen ? 'doing' : 'open';
  const done = (is: boolean | undefined): StepState => (is ? 'done' : 'open');
  const newest = reports?.[0];
  return {
    steps: [
      { id: 'demo', state: demo },
      { id: 'report', state: done(reportSeen) },
      { id: 'data', state: done(datasets?.some(({ bundled }) => !bundled)) },
      { id: 'model', state: done(models?.some(({ bundled }) => !bundled)) },
      { id: 'merge', state: done(adapters?.some(({ origin }) => origin.kind === 'merge')) },
    ],
    reportPath: newest ? pathOf('reports', newest.id) : null,
    isShown: enabled && studies !== undefined && datasets !== undefined,
    dismiss: () => setMark('dismissed'),
  };
}
