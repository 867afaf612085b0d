import { useRoute } from '../../app/routes.tsx';
import { ImportRuns } from '../../features/runs/actions/import-runs.tsx';
import { comparedIds } from '../../features/runs/comparison/compare-path.ts';
import { CompareRuns } from '../../features/runs/comparison/compare-runs.tsx';
import { RunsWorkspace } from '../../features/runs/list/runs-workspace.tsx';
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
