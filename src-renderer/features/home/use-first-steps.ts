import { useLocalStorage } from '@mantine/hooks';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import type { StudyRecord } from '../../../src-shared/domain/study.ts';
import { useRequest } from '../../api/query.ts';

/** `doing`: it has begun, and there is nothing to do but wait. */
export type StepState = 'open' | 'doing' | 'done';

export interface FirstStepsState {
  readonly demo: StepState;
  readonly watch: StepState;
  readonly own: StepState;
  /** Until all are done, or somebody has had enough of them. */
  readonly isShown: boolean;
  dismiss(): void;
}

const key = 'coto-first-steps';

/** Says that the user has seen a run's curves. Home asks for it when it opens. */
export function markWatched(): void {
  const isDismissed = localStorage.getItem(key) === JSON.stringify('dismissed');
  if (!isDismissed) localStorage.setItem(key, JSON.stringify('watched'));
}

/** Which of the first steps are done, from what the studio holds. */
export function useFirstSteps(
  runs: readonly RunRecord[] | undefined,
  studies: readonly StudyRecord[] | undefined,
): FirstStepsState {
  const [mark, setMark] = useLocalStorage<'new' | 'watched' | 'dismissed'>({
    key,
    defaultValue: 'new',
    getInitialValueInEffect: false,
  });
  const { data: datasets } = useRequest('datasets.list', {}, { enabled: mark !== 'dismissed' });
  const bundled = new Set(datasets?.filter((dataset) => dataset.bundled).map(({ id }) => id));
  const isOpen = studies?.some(({ status }) => status === 'queued' || status === 'running');
  const demo = studies?.some(({ status }) => status === 'completed') ? 'done' : isOpen ? 'doing' : 'open';
  const watch = mark === 'watched' ? 'done' : 'open';
  const own = datasets && runs?.some(({ datasetId }) => !bundled.has(datasetId)) ? 'done' : 'open';
  const isDone = demo === 'done' && watch === 'done' && own === 'done';
  const isKnown = runs !== undefined && studies !== undefined && datasets !== undefined;
  return {
    demo,
    watch,
    own,
    isShown: mark !== 'dismissed' && isKnown && !isDone,
    dismiss: () => setMark('dismissed'),
  };
}
