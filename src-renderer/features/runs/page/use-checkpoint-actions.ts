import { modals } from '@mantine/modals';
import type { AdapterRecord } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { CheckpointSummary } from '../../../../src-shared/domain/runs/checkpoint.ts';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { request } from '../../../api/client.ts';
import { useAction } from '../../../api/query.ts';
import { navigate } from '../../../app/routes.tsx';
import { confirmRemoval } from '../../../components/feedback/confirm.tsx';
import { notifyFailure, notifySuccess } from '../../../components/feedback/notify.tsx';
import { formatBytes } from '../../../components/format/format.ts';
import { runStrings } from '../../../strings/run.ts';
import { changeDraft } from '../../playground/playground-store.ts';
import { openConfig } from '../../train/draft-store.ts';
import { useResumeRun } from '../actions/use-resume-run.tsx';

const words = runStrings.checkpoints;

/** Returns the actions on a run's checkpoints. */
export function useCheckpointActions(run: RunRecord, checkpoints: readonly CheckpointSummary[]) {
  const { resumeRun } = useResumeRun(words.failed.resume);
  const remove = useAction('runs.removeCheckpoint', {
    failureTitle: words.failed.remove,
    onSuccess: ({ freedBytes }) => notifySuccess(words.removed, words.freed(formatBytes(freedBytes))),
  });
  const id = run.id;

  /** The checkpoint as an adapter; null if that failed, which has been said. */
  const adapterOf = async ({ folder }: CheckpointSummary): Promise<AdapterRecord | null> => {
    try {
      return await request('runs.saveAdapter', { id, folder });
    } catch (error) {
      notifyFailure(error, words.failed.save);
      return null;
    }
  };
  const withAdapter = (use: (adapter: AdapterRecord) => void) => async (checkpoint: CheckpointSummary) => {
    const adapter = await adapterOf(checkpoint);
    if (adapter) use(adapter);
  };

  return {
    adapterOf,
    resume: (checkpoint: CheckpointSummary) => {
      const start = () => resumeRun(run, checkpoint.folder);
      if (run.step <= checkpoint.step) return start();
      modals.openConfirmModal({
        title: words.resumeAsk(checkpoint.step),
        children: words.resumeLoses(checkpoint.step, run.step),
        labels: { confirm: words.resume, cancel: words.cancel },
        onConfirm: start,
      });
    },
    newRun: withAdapter(({ id: adapterId }) => {
      openConfig({ ...run.config, adapter: { ...run.config.adapter, init_adapter: adapterId } }, '', run.tags);
      navigate('/train');
    }),
    save: withAdapter(({ name }) => notifySuccess(words.savedTitle, words.savedText(name))),
    tryIt: withAdapter(({ id: adapterId, modelId }) => {
      changeDraft({ modelId, columns: [null, adapterId] });
      navigate('/playground');
    }),
    merge: withAdapter(({ id: adapterId }) => navigate(`/merge?add=${encodeURIComponent(adapterId)}`)),
    show: ({ path }: CheckpointSummary) => {
      window.coto.showInFolder(path).catch((error: unknown) => notifyFailure(error, words.failed.show));
    },
    remove: ({ folder, step, bytes, neededFor }: CheckpointSummary) => {
      const isNeeded = neededFor === 'resume';
      const next = checkpoints
        .filter((other) => other.resumable && other.folder !== folder)
        .reduce<number | null>((latest, other) => Math.max(latest ?? 0, other.step), null);
      confirmRemoval({
        verb: words.remove,
        question: words.removeQuestion(step),
        consequence: isNeeded && next !== step ? words.removeNeeded(next) : words.removePlain,
        freedBytes: bytes,
        onConfirm: () => remove.mutate({ id, folder, evenIfNeeded: isNeeded }),
      });
    },
  };
}
