import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { request } from '../../api/client.ts';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { askName } from '../../components/form/name-dialog.tsx';
import { adaptersStrings as words } from '../../strings/adapters.ts';

/** Asks for another name of an adapter. */
export function renameAdapter({ id, name }: AdapterRecord): void {
  askName({
    title: words.renameTitle,
    label: words.name,
    name,
    confirm: words.renameConfirm,
    cancel: words.cancel,
    onName: (changed) => {
      request('adapters.update', { id, name: changed }).catch((error: unknown) =>
        notifyFailure(error, words.notChanged),
      );
    },
  });
}
