import { Kbd } from '@mantine/core';
import { createSpotlight, Spotlight, type SpotlightActionGroupData, useSpotlight } from '@mantine/spotlight';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useRequest } from '../api/query.ts';
import { registeredActions, type StudioAction } from '../components/actions/action-registry.ts';
import { keysOf } from '../components/actions/shortcut.ts';
import { notifyWarning } from '../components/feedback/notify.tsx';
import { appStrings } from '../strings/app.ts';
import { guidePath } from './guide-path.ts';
import { useJobActions } from './job-actions.tsx';
import { type ActionGroup, searchActions } from './palette-actions.ts';
import { useRecordGroups } from './palette-records.ts';
import { usePaletteRequests } from './palette-store.ts';
import { navigate } from './routes.tsx';
import { pageActionPrefix } from './window-actions.tsx';

const [store, palette] = createSpotlight();

/** The palette: what can be done here and now, then every page, run, adapter and document. */
export function PaletteDialog() {
  const requests = usePaletteRequests((state) => state.requests);
  const { opened } = useSpotlight(store);
  const [query, setQuery] = useState('');
  const groups = useGroups(opened);
  useEffect(() => {
    if (requests > 0) palette.open();
  }, [requests]);
  return (
    <Spotlight
      store={store}
      attributes={{ content: { 'aria-label': appStrings.palette } }}
      actions={searchActions(groups, query).map(shown)}
      // The search above has done it already.
      filter={(_query, actions) => actions}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      nothingFound={appStrings.noResults}
      highlightQuery
      scrollable
      overlayProps={{ backgroundOpacity: 0.35, blur: 0 }}
      transitionProps={{ duration: 100 }}
      maxHeight={440}
      searchProps={{
        leftSection: <IconSearch size={16} />,
        placeholder: appStrings.palettePlaceholder,
        'aria-label': appStrings.paletteSearch,
      }}
    />
  );
}

/** Loads the entries that the palette searches when it opens, and keeps them while it fades. */
function useGroups(opened: boolean): readonly ActionGroup[] {
  const jobs = useRequest('jobs.list', { active: true }, { enabled: opened }).data ?? [];
  const runs = useRequest('runs.list', { archived: false }, { enabled: opened }).data ?? [];
  const jobActions = useJobActions(jobs, runs);
  const records = useRecordGroups(opened);
  const guide = useGuideGroup(opened);
  const kept = useRef<readonly ActionGroup[]>([]);
  if (!opened) return kept.current;
  const done = registeredActions().filter(({ run }) => run !== undefined);
  const isPage = ({ id }: StudioAction) => id.startsWith(pageActionPrefix);
  const { groups } = appStrings;
  kept.current = [
    { group: groups.page, actions: done.filter(({ scope }) => scope === 'page') },
    {
      group: groups.actions,
      actions: [...jobActions, ...done.filter((one) => one.scope === 'window' && !isPage(one))],
    },
    { group: groups.pages, actions: done.filter(isPage) },
    ...records,
    guide,
  ];
  return kept.current;
}

/** The documents of the guide; they are loaded with the first opening. */
function useGuideGroup(opened: boolean): ActionGroup {
  const [actions, setActions] = useState<readonly StudioAction[]>([]);
  const missing = opened && actions.length === 0;
  useEffect(() => {
    if (!missing) return;
    let isCurrent = true;
    void import('../features/guide/outline.ts').then(({ guideOutline }) => {
      if (!isCurrent) return;
      setActions(
        guideOutline().flatMap((group) =>
          group.topics.map(({ id, title, summary }) => ({
            id: `guide-${id}`,
            label: title,
            scope: 'window' as const,
            about: group.title,
            keywords: [summary],
            run: () => navigate(guidePath({ document: id, anchor: null })),
          })),
        ),
      );
    });
    return () => {
      isCurrent = false;
    };
  }, [missing]);
  return { group: appStrings.groups.guide, actions, last: true };
}

function shown({ group, actions }: ActionGroup): SpotlightActionGroupData {
  return {
    group,
    actions: actions.map(({ id, label, about, icon, shortcut, disabledReason, run }) => ({
      id,
      label,
      description: disabledReason ?? about ?? '',
      leftSection: icon,
      rightSection: shortcut === undefined ? null : <Keys shortcut={shortcut} />,
      onClick: () => (disabledReason ? notifyWarning(appStrings.cannotNow(label), disabledReason) : run?.()),
    })),
  };
}

function Keys({ shortcut }: { shortcut: string }) {
  return keysOf(shortcut, window.coto.platform === 'darwin').map((key) => (
    <Kbd key={key} size="xs" ml={4}>
      {key}
    </Kbd>
  ));
}
