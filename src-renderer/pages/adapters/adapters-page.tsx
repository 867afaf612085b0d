import { Button } from '@mantine/core';
import { IconFilePlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useRequest } from '../../api/query.ts';
import { navigate, useRoute } from '../../app/routes.tsx';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { DropZone } from '../../components/form/drop-zone.tsx';
import { Page } from '../../components/layout/page.tsx';
import { AdapterList } from '../../features/adapters/adapter-list.tsx';
import { useAdapterImport } from '../../features/adapters/use-adapter-import.ts';
import { adaptersStrings as words } from '../../strings/adapters.ts';
import { AdapterPage } from './adapter-page.tsx';

export default function AdaptersPage() {
  const id = useRoute().segments[1];
  return id ? <AdapterPage key={id} id={id} /> : <AllAdapters />;
}

function AllAdapters() {
  const [archived, setArchived] = useState(false);
  const adapters = useRequest('adapters.list', {});
  const importing = useAdapterImport();
  const shown = adapters.data?.filter((adapter) => adapter.archived === archived);
  return (
    <Page
      title={words.title}
      state={shown ? words.state(shown.length, archived) : ''}
      actions={
        <Button variant="default" onClick={() => importing.ask('folder')} loading={importing.isImporting}>
          {words.importFolder}
        </Button>
      }
      more={[{ label: words.importFile, icon: <IconFilePlus size={16} />, onClick: () => importing.ask('file') }]}
      fill
    >
      {adapters.error ? <ErrorNote error={adapters.error} /> : null}
      <DropZone message={words.drop} onPaths={importing.add}>
        {adapters.data?.length === 0 ? (
          <EmptyState action={<Button onClick={() => navigate('/train')}>{words.trainFirst}</Button>}>
            {words.empty}
          </EmptyState>
        ) : (
          <AdapterList adapters={shown} archived={archived} onArchived={setArchived} />
        )}
      </DropZone>
    </Page>
  );
}
