import { useAction } from '../../api/query.ts';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { mergeStrings } from '../../strings/merge.ts';

/** Imports adapters: dropped ones, or a folder or file that is asked for. */
export function useImportAdapter() {
  const { mutate, isPending } = useAction('adapters.import', {
    failureTitle: mergeStrings.notImported,
    onSuccess: (adapter) => notifySuccess(mergeStrings.imported, adapter.name),
  });
  return {
    isPending,
    importAll: (paths: readonly string[]) => {
      for (const path of paths) mutate({ path });
    },
    async ask(kind: 'folder' | 'file') {
      const { openFolder, openFile } = window.coto.dialogs;
      try {
        const path =
          kind === 'folder'
            ? await openFolder({ title: mergeStrings.importFolderTitle })
            : await openFile({
                title: mergeStrings.importFileTitle,
                filters: [{ name: 'Adapters', extensions: ['safetensors', 'gguf'] }],
              });
        if (path) mutate({ path });
      } catch (error) {
        notifyFailure(error, mergeStrings.notImported);
      }
    },
  };
}
