import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { useAction } from '../../api/query.ts';
import { confirmRemoval } from '../../components/feedback/confirm.tsx';
import { notifyDeleted, undoMilliseconds } from '../../components/feedback/undo.tsx';
import { formatBytes } from '../../components/format/format.ts';
import { adaptersStrings as words } from '../../strings/adapters.ts';

/** Deletes an adapter once that is confirmed, and offers to undo it. */
export function useDeleteAdapter(onDeleted?: () => void): (adapter: AdapterRecord) => void {
  const remove = useAction('adapters.remove', {
    failureTitle: words.notDeleted,
    onSuccess: ({ freedBytes }, { id }) => {
      notifyDeleted('adapters', [id], words.deleted, words.freed(formatBytes(freedBytes)));
      onDeleted?.();
    },
  });
  return ({ id, name, sizeBytes }) =>
    confirmRemoval({
      question: words.deleteQuestion(name),
      consequence: words.deleteConsequence,
      freedBytes: sizeBytes,
      verb: words.deleteVerb,
      onConfirm: () => remove.mutate({ id, undoMilliseconds }),
    });
}
