import { asError } from '../../../../src-shared/contract/errors.ts';
import type { RequestInput } from '../../../../src-shared/contract/requests.ts';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { request } from '../../../api/client.ts';
import { notifyFailure } from '../../../components/feedback/notify.tsx';
import { notifyDeleted, notifyUndo, undoMilliseconds } from '../../../components/feedback/undo.tsx';
import { runsStrings } from '../../../strings/runs.ts';

type RunChanges = Omit<RequestInput<'runs.update'>, 'id'>;

/** Changes several runs, each as `changesOf` says, tells once how it went, and offers to undo it. */
export async function changeRuns(
  runs: readonly RunRecord[],
  changesOf: (run: RunRecord) => RunChanges,
  done: (count: number) => string,
): Promise<void> {
  const change = (run: RunRecord) => request('runs.update', { id: run.id, ...changesOf(run) });
  const changed = await forEach(runs, change, runsStrings.someFailed);
  if (changed.length === 0) return;
  notifyUndo(done(changed.length), () =>
    Promise.all(changed.map(({ id, tags, archived }) => request('runs.update', { id, tags, archived }))),
  );
}

/** Archives runs, or puts them back into the list. */
export function archiveRuns(runs: readonly RunRecord[], archived: boolean): Promise<void> {
  return changeRuns(runs, () => ({ archived }), archived ? runsStrings.archivedNow : runsStrings.unarchivedNow);
}

/** Deletes several runs, and offers to bring them back. */
export async function deleteRuns(runs: readonly RunRecord[], freed: string | null): Promise<void> {
  const remove = ({ id }: RunRecord) => request('runs.remove', { id, undoMilliseconds });
  const deleted = await forEach(runs, remove, runsStrings.notDeleted);
  if (deleted.length === 0) return;
  const ids = deleted.map(({ id }) => id);
  notifyDeleted('runs', ids, runsStrings.deleted(ids.length), freed === null ? '' : runsStrings.freed(freed));
}

/** Acts on one after the other, tells once of what failed, and returns those with which it went well. */
async function forEach(
  runs: readonly RunRecord[],
  act: (run: RunRecord) => Promise<unknown>,
  failed: (failed: number, of: number) => string,
): Promise<RunRecord[]> {
  const failures: Error[] = [];
  const done: RunRecord[] = [];
  for (const run of runs)
    await act(run).then(
      () => done.push(run),
      (thrown: unknown) => failures.push(asError(thrown)),
    );
  const [first] = failures;
  if (first) notifyFailure(first, failed(failures.length, runs.length));
  return done;
}

/** Bytes that deleting the runs frees; null where that cannot be told now. */
export async function sizeOf(runs: readonly RunRecord[]): Promise<number | null> {
  try {
    const sizes = await Promise.all(runs.map(({ id }) => request('runs.size', { id })));
    return sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  } catch {
    return null;
  }
}
