import { Badge, Button, Group, Skeleton, Text } from '@mantine/core';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { rankText } from '../../../src-shared/domain/parameters/parameter-values.ts';
import { headlineOf } from '../../../src-shared/results/headline.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate } from '../../app/routes.tsx';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Page } from '../../components/layout/page.tsx';
import { StarButton } from '../../features/adapters/adapter-columns.tsx';
import { AdapterOverview } from '../../features/adapters/adapter-overview.tsx';
import classes from '../../features/adapters/adapters.module.css';
import { ConversionPanel } from '../../features/adapters/conversion-panel.tsx';
import { LineagePanel } from '../../features/adapters/lineage-graph.tsx';
import { NormsPanel } from '../../features/adapters/norms-panel.tsx';
import { ScoresPanel } from '../../features/adapters/scores-panel.tsx';
import { useAdapterActions } from '../../features/adapters/use-adapter-actions.tsx';
import { AdapterItems } from '../../features/merge/adapter-items.tsx';
import { useAdapterNames } from '../../features/merge/use-adapter-names.ts';
import { CotoMark } from '../../features/runs/list/coto-mark.tsx';
import { adaptersStrings as words } from '../../strings/adapters.ts';

/** One adapter on a page of its own. */
export function AdapterPage({ id }: { id: string }) {
  const { data, error } = useRequest('adapters.get', { id });
  if (error)
    return (
      <Page title={words.title}>
        <ErrorNote error={error} />
        <EmptyState action={<Button onClick={() => navigate('/adapters')}>{words.all}</Button>}>
          {words.gone}
        </EmptyState>
      </Page>
    );
  if (!data)
    return (
      <Page title={words.title}>
        <Skeleton h={300} />
      </Page>
    );
  return <LoadedAdapter adapter={data} />;
}

function LoadedAdapter({ adapter }: { adapter: AdapterRecord }) {
  const { buttons, more } = useAdapterActions(adapter);
  const update = useAction('adapters.update', { failureTitle: words.notChanged });
  const { model, variant } = useAdapterNames()(adapter);
  const { origin } = adapter;
  const score = headlineOf(adapter);
  const about = [variant, rankText(adapter.parameters), model].filter(Boolean).join(' · ');
  return (
    <Page
      crumb={{ label: words.title, path: '/adapters' }}
      title={adapter.name}
      state={
        <Group gap={12} wrap="nowrap">
          <StarButton adapter={adapter} onStar={() => update.mutate({ id: adapter.id, starred: !adapter.starred })} />
          {adapter.archived ? <Badge color="gray">{words.archivedSwitch}</Badge> : null}
          <CotoMark on={adapter.coto !== null} />
          {score === null ? null : (
            <Text inherit flex="none">
              {score.label} {score.text}
            </Text>
          )}
          <Text inherit truncate title={about}>
            {about}
          </Text>
        </Group>
      }
      actions={buttons}
      more={more}
      moreAbove={<AdapterItems adapter={adapter} />}
    >
      <div className={classes['page']}>
        <div className={classes['wide']}>
          <LineagePanel adapter={adapter} />
        </div>
        <div className={classes['wide']}>
          <ScoresPanel adapter={adapter} />
        </div>
        <AdapterOverview adapter={adapter} />
        <NormsPanel adapter={adapter} />
        {origin.kind === 'import' && origin.conversion ? (
          <div className={classes['wide']}>
            <ConversionPanel conversion={origin.conversion} />
          </div>
        ) : null}
      </div>
    </Page>
  );
}
