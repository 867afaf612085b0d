import { useRoute } from '../../app/routes.tsx';
import { comparedIds } from '../../features/runs/compare-path.ts';
import { CompareRuns } from '../../features/runs/compare-runs.tsx';
import { ImportRuns } from '../../features/runs/import-runs.tsx';
import { RunsWorkspace } from '../../features/runs/runs-workspace.tsx';
import { RunPage } from './run-page.tsx';

/** The table of runs, the comparison of some of them, or one run on a page of its own. */
export default function RunsPage() {
  const { segments, query } = useRoute();
  const id = segments[1];
  if (id === undefined)
    return (
      <ImportRuns>
        <RunsWorkspace />
      </ImportRuns>
    );
  if (id === 'compare') return <CompareRuns ids={comparedIds(query)} />;
  return <RunPage key={id} id={id} />;
}
