import { useMantineColorScheme } from '@mantine/core';
import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import { IconArrowRight, IconKeyboard, IconMoon, IconPlayerPlay, IconSearch, IconSun } from '@tabler/icons-react';
import { rankText } from '../../src-shared/domain/parameter-values.ts';
import { headlineText } from '../../src-shared/results/headline.ts';
import { useAction, useRequest } from '../api/query.ts';
import { notifySuccess } from '../components/feedback/notify.tsx';
import { pages } from './pages.tsx';
import { navigate, pathOf } from './routes.tsx';
import { showShortcuts } from './shortcuts.tsx';

/** Ctrl/Cmd + K: every page, run, adapter and action. */
export function CommandPalette() {
  const { data: runs } = useRequest('runs.list', {});
  const { data: adapters } = useRequest('adapters.list', {});
  const { data: studies } = useRequest('studies.list', {});
  const actions: SpotlightActionGroupData[] = [
    {
      group: 'Pages',
      actions: pages.map((page) => ({
        id: `page-${page.id}`,
        label: page.label,
        leftSection: <page.icon size={18} stroke={1.6} />,
        onClick: () => navigate(`/${page.id}`),
      })),
    },
    { group: 'Actions', actions: useActions() },
    {
      group: 'Runs',
      actions: (runs ?? []).map((run) => ({
        id: `run-${run.id}`,
        label: run.name,
        description: [run.status, headlineText(run.result)].filter(Boolean).join(', '),
        keywords: [...run.tags, run.id],
        onClick: () => navigate(pathOf('runs', run.id)),
      })),
    },
    {
      group: 'Adapters',
      actions: (adapters ?? []).map((adapter) => ({
        id: `adapter-${adapter.id}`,
        label: adapter.name,
        description: `${[adapter.variant, rankText(adapter.parameters), adapter.coto ? 'CoTo' : null].filter(Boolean).join(', ')}: put it on the merge bench`,
        keywords: [adapter.id, adapter.origin.kind],
        onClick: () => navigate(`/merge?add=${encodeURIComponent(adapter.id)}`),
      })),
    },
    {
      group: 'Studies',
      actions: (studies ?? []).map((study) => ({
        id: `study-${study.id}`,
        label: study.name,
        description: `${study.kind} study, ${study.status}`,
        onClick: () => navigate(pathOf('studies', study.id)),
      })),
    },
  ].filter((group) => group.actions.length > 0);
  return (
    <Spotlight
      actions={actions}
      shortcut="mod + K"
      tagsToIgnore={[]}
      nothingFound="No results"
      highlightQuery
      scrollable
      overlayProps={{ backgroundOpacity: 0.35, blur: 0 }}
      maxHeight={440}
      limit={40}
      searchProps={{
        leftSection: <IconSearch size={16} />,
        placeholder: 'Go to a page, run, adapter or action',
        'aria-label': 'Search pages, runs, adapters and actions',
      }}
    />
  );
}

function useActions(): SpotlightActionData[] {
  const { setColorScheme } = useMantineColorScheme();
  const saveSettings = useAction('settings.set');
  const startDemo = useAction('demo.start', {
    failureTitle: 'The demo study did not start',
    onSuccess: (demo) => notifySuccess('Demo study queued', `${demo.jobs.length} jobs`),
  });
  const setTheme = (theme: 'light' | 'dark') => {
    setColorScheme(theme);
    saveSettings.mutate({ theme });
  };
  return [
    {
      id: 'theme-light',
      label: 'Theme: light',
      leftSection: <IconSun size={18} />,
      onClick: () => setTheme('light'),
    },
    {
      id: 'theme-dark',
      label: 'Theme: dark',
      leftSection: <IconMoon size={18} />,
      onClick: () => setTheme('dark'),
    },
    {
      id: 'demo-quick',
      label: 'Start the quick demo study',
      leftSection: <IconPlayerPlay size={18} />,
      onClick: () => startDemo.mutate({ quick: true }),
    },
    {
      id: 'shortcuts',
      label: 'Keyboard shortcuts',
      leftSection: <IconKeyboard size={18} />,
      onClick: showShortcuts,
    },
    {
      id: 'new-run',
      label: 'Set up a training run',
      leftSection: <IconArrowRight size={18} />,
      onClick: () => navigate('/train'),
    },
  ];
}
