import { asError } from '../../../src-shared/contract/errors.ts';
import type { RequestInput } from '../../../src-shared/contract/requests.ts';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { request } from '../../api/client.ts';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { runsStrings } from '../../strings/runs.ts';

type RunChanges = Omit<RequestInput<'runs.update'>, 'id'>;

/** Changes several runs, each as `changesOf` says, and tells once how it went. */
export async function changeRuns(
  runs: readonly RunRecord[],
  changesOf: (run: RunRecord) => RunChanges,
  done: (count: number) => string,
): Promise<void> {
  await forEach(runs, (run) => request('runs.update', { id: run.id, ...changesOf(run) }), {
    done,
    failed: runsStrings.someFailed,
  });
}

/** Deletes several runs, one after the other: each may be many files. */
export async function deleteRuns(runs: readonly RunRecord[], freed: string | null): Promise<void> {
  await forEach(runs, (run) => request('runs.remove', { id: run.id }), {
    done: runsStrings.deleted,
    failed: runsStrings.notDeleted,
    ...(freed === null ? {} : { message: runsStrings.freed(freed) }),
  });
}

interface Words {
  done: (count: number) => string;
  failed: (failed: number, of: number) => string;
  message?: string;
}

async function forEach(runs: readonly RunRecord[], act: (run: RunRecord) => Promise<unknown>, words: Words) {
  const failures: Error[] = [];
  for (const run of runs) await act(run).catch((thrown: unknown) => failures.push(asError(thrown)));
  const [first] = failures;
  if (first) notifyFailure(first, words.failed(failures.length, runs.length));
  else notifySuccess(words.done(runs.length), words.message);
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
