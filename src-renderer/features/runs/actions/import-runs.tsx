import { type ReactNode, useState } from 'react';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { JobKind } from '../../../../src-shared/domain/jobs/job.ts';
import { useAction } from '../../../api/query.ts';
import { useRouteRequest } from '../../../app/use-route-request.ts';
import { ErrorNote } from '../../../components/feedback/error-note.tsx';
import { notifySuccess } from '../../../components/feedback/notify.tsx';
import { DropZone } from '../../../components/form/drop-zone.tsx';
import { runStrings } from '../../../strings/run.ts';
import { JobsOf } from '../../jobs/jobs-of-page.tsx';

const words = runStrings.imported;
const importing: readonly JobKind[] = ['import-runs'];

/** Imports the runs of other programs: of the File menu, or of files and folders dropped on what it holds. */
export function ImportRuns({ children }: { children: ReactNode }) {
  const [failure, setFailure] = useState<Error | null>(null);
  const add = useAction('runs.import', {
    onSuccess: ({ runs, skipped }) => {
      notifySuccess(words.done(runs.length), runs.length === 1 ? (runs[0]?.name ?? '') : words.compare);
      setFailure(skipped.length === 0 ? null : new Error(skipped.join('\n')));
    },
    onError: (error) => setFailure(error instanceof StudioError && error.code === 'cancelled' ? null : error),
  });
  useRouteRequest('import', (kind) => {
    const { openFile, openFolder } = window.coto.dialogs;
    const options = { title: words.choose };
    void (kind === 'file' ? openFile(options) : openFolder(options)).then((path) => {
      if (path !== null) add.mutate({ path });
    });
  });
  useRouteRequest('path', (path) => add.mutate({ path }));
  return (
    <DropZone
      message={words.drop}
      onPaths={(paths) => {
        for (const path of paths) add.mutate({ path });
      }}
    >
      <JobsOf kinds={importing} />
      {failure ? (
        <div style={{ padding: '12px 16px 0' }}>
          <ErrorNote error={failure} action={{ label: words.dismiss, onClick: () => setFailure(null) }} />
        </div>
      ) : null}
      {children}
    </DropZone>
  );
}
