import { useAction } from '../../api/query.ts';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { adaptersStrings as words } from '../../strings/adapters.ts';

/** Imports adapters: of paths that were dropped, or of one that a dialog asks for. */
export function useAdapterImport() {
  const start = useAction('adapters.import', {
    failureTitle: words.notImported,
    onSuccess: ({ name, origin }) => {
      const note = origin.kind === 'import' ? origin.note : undefined;
      notifySuccess(words.imported, note === undefined ? name : `${name}. ${note}.`);
    },
  });
  const ask = async (kind: 'folder' | 'file') => {
    const { openFolder, openFile } = window.coto.dialogs;
    try {
      const path =
        kind === 'folder'
          ? await openFolder({ title: words.importFolderTitle })
          : await openFile({
              title: words.importFileTitle,
              filters: [{ name: words.title, extensions: ['safetensors', 'gguf'] }],
            });
      if (path) start.mutate({ path });
    } catch (error) {
      notifyFailure(error, words.notImported);
    }
  };
  return {
    isImporting: start.isPending,
    ask: (kind: 'folder' | 'file') => void ask(kind),
    add: (paths: readonly string[]) => {
      for (const path of paths) start.mutate({ path });
    },
  };
}
