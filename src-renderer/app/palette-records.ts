import { rankText } from '../../src-shared/domain/parameters/parameter-values.ts';
import { headlineText } from '../../src-shared/results/headline.ts';
import { useRequest } from '../api/query.ts';
import type { StudioAction } from '../components/actions/action-registry.ts';
import { appStrings } from '../strings/app.ts';
import type { ActionGroup } from './palette-actions.ts';
import { navigate, pathOf } from './routes.tsx';

/** Everything that the studio holds, as places to go to. Asked for only while the palette is open. */
export function useRecordGroups(enabled: boolean): readonly ActionGroup[] {
  const catalog = useRequest('app.catalog', {}, { enabled }).data;
  const variants = new Map(catalog?.adapterVariants.map(({ id, label }) => [id, label]));
  const runs = useRequest('runs.list', { archived: false }, { enabled }).data ?? [];
  const adapters = useRequest('adapters.list', {}, { enabled }).data ?? [];
  const datasets = useRequest('datasets.list', {}, { enabled }).data ?? [];
  const models = useRequest('models.list', {}, { enabled }).data ?? [];
  const studies = useRequest('studies.list', {}, { enabled }).data ?? [];
  const reports = useRequest('reports.list', {}, { enabled }).data ?? [];
  const { groups } = appStrings;
  return [
    {
      group: groups.runs,
      actions: runs.map((run) =>
        place('run', run, {
          about: words([run.status, headlineText(run.result)]),
          keywords: [...run.tags, run.id],
          to: pathOf('runs', run.id),
        }),
      ),
    },
    {
      group: groups.adapters,
      actions: adapters.map((adapter) =>
        place('adapter', adapter, {
          about: words([
            variants.get(adapter.variant) ?? adapter.variant,
            rankText(adapter.parameters),
            adapter.coto ? 'CoTo' : null,
          ]),
          keywords: [...adapter.tags, adapter.id, adapter.origin.kind, ...appStrings.adapterKeywords],
          to: pathOf('adapters', adapter.id),
        }),
      ),
    },
    { group: groups.datasets, actions: datasets.map((one) => place('dataset', one, { to: pathOf('data', one.id) })) },
    { group: groups.models, actions: models.map((one) => place('model', one, { to: pathOf('models', one.id) })) },
    {
      group: groups.studies,
      actions: studies.map((study) =>
        place('study', study, { about: words([study.kind, study.status]), to: pathOf('studies', study.id) }),
      ),
    },
    { group: groups.reports, actions: reports.map((one) => place('report', one, { to: pathOf('reports', one.id) })) },
  ];
}

interface Place {
  about?: string;
  keywords?: readonly string[];
  to: string;
}

function place(kind: string, { id, name }: { id: string; name: string }, { to, ...rest }: Place): StudioAction {
  return { id: `${kind}-${id}`, label: name, scope: 'window', ...rest, run: () => navigate(to) };
}

function words(parts: readonly (string | null | undefined)[]): string {
  return parts.filter(Boolean).join(', ');
}
