import { Button } from '@mantine/core';
import { IconArchive, IconArchiveOff, IconListCheck, IconPencil, IconTrash } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { request } from '../../api/client.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate, pathOf } from '../../app/routes.tsx';
import { copyLinkItem } from '../../components/actions/copy-link-item.tsx';
import { useRename } from '../../components/actions/use-rename.ts';
import { notifyUndo } from '../../components/feedback/undo.tsx';
import type { MoreItem } from '../../components/layout/page.tsx';
import { adaptersStrings as words } from '../../strings/adapters.ts';
import { appStrings } from '../../strings/app.ts';
import { benchmarksStrings } from '../../strings/benchmarks.ts';
import { notPlayable, playgroundPath } from './playground-path.ts';
import { renameAdapter } from './rename-adapter.ts';
import { useDeleteAdapter } from './use-delete-adapter.ts';

/** Returns the actions on one adapter: two buttons, and the rest for the "more" menu. */
export function useAdapterActions(adapter: AdapterRecord): { buttons: ReactNode; more: MoreItem[] } {
  const { id, name, archived } = adapter;
  const models = useRequest('models.list', {}).data;
  const deleteAdapter = useDeleteAdapter(() => navigate('/adapters', { replace: true }));
  const archive = useAction('adapters.update', {
    failureTitle: words.notChanged,
    onSuccess: () =>
      notifyUndo(archived ? words.unarchived(name) : words.archivedNow(name), () =>
        request('adapters.update', { id, archived }),
      ),
  });
  const rename = () => renameAdapter(adapter);
  useRename(appStrings.renames.adapter, [adapter], id, rename);
  const problem = notPlayable(adapter, models, useRequest('generation.scorers', {}).data);
  const buttons = (
    <>
      <Button variant="default" onClick={() => navigate(`/merge?add=${encodeURIComponent(id)}`)}>
        {words.addToMerge}
      </Button>
      <Button
        onClick={() => navigate(playgroundPath([id]))}
        disabled={problem !== null}
        {...(problem === null ? {} : { title: problem })}
      >
        {words.tryIt}
      </Button>
    </>
  );
  const model = models?.find((one) => one.id === adapter.modelId);
  const notLanguage = model?.description.kind === 'causal-lm' ? null : benchmarksStrings.notLanguage;
  const more: MoreItem[] = [
    {
      label: benchmarksStrings.benchmark,
      icon: <IconListCheck size={16} />,
      disabledReason: adapter.modelId === null ? words.noBase : notLanguage,
      onClick: () => navigate(`${pathOf('studies', 'benchmarks', 'new')}?adapters=${encodeURIComponent(id)}`),
    },
    copyLinkItem('adapter', id),
    {
      label: words.rename,
      icon: <IconPencil size={16} />,
      onClick: rename,
    },
    {
      label: archived ? words.unarchive : words.archive,
      icon: archived ? <IconArchiveOff size={16} /> : <IconArchive size={16} />,
      onClick: () => archive.mutate({ id, archived: !archived }),
    },
    {
      label: words.delete,
      icon: <IconTrash size={16} />,
      danger: true,
      onClick: () => deleteAdapter(adapter),
    },
  ];
  return { buttons, more };
}
