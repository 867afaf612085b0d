import { useMantineColorScheme } from '@mantine/core';
import {
  IconAppWindow,
  IconArrowBackUp,
  IconArrowLeft,
  IconArrowRight,
  IconBook2,
  IconDeviceDesktop,
  IconFileDescription,
  IconFilePlus,
  IconKeyboard,
  IconLayoutSidebar,
  IconMoon,
  IconPlayerPlay,
  IconRoute,
  IconSearch,
  IconSun,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Theme } from '../../src-shared/domain/app/theme.ts';
import {
  fileCommands,
  helpCommands,
  pageCommand,
  type WindowCommand,
  windowCommands,
} from '../../src-shared/menu-commands.ts';
import { useAction } from '../api/query.ts';
import { type StudioAction, undoAction, useActions } from '../components/actions/action-registry.ts';
import { notifyFailure, notifySuccess } from '../components/feedback/notify.tsx';
import { useUndoOffer } from '../components/feedback/undo.tsx';
import { startTour } from '../features/tour/tour-store.ts';
import { appStrings } from '../strings/app.ts';
import { openFindBar } from './find-in-page.ts';
import { pages } from './pages.tsx';
import { openPalette } from './palette-store.ts';
import { navigate, useRoute } from './routes.tsx';
import { showShortcuts } from './shortcuts.tsx';

const icon = { size: 18, stroke: 1.6 } as const;
const menuCommands = [...fileCommands.flat(), ...helpCommands];

/** Registers what can be done wherever the person is: the menu's commands, pages, theme, demo, help. */
export function useWindowActions(toggleSidebar: () => void): void {
  const { setColorScheme } = useMantineColorScheme();
  const saveSettings = useAction('settings.set');
  const startDemo = useAction('demo.start', {
    failureTitle: appStrings.demoFailed,
    onSuccess: (demo) => notifySuccess(appStrings.demoQueued, appStrings.demoQueuedJobs(demo.jobs.length)),
  });
  const setTheme = (theme: Theme) => {
    setColorScheme(theme === 'system' ? 'auto' : theme);
    saveSettings.mutate({ theme });
  };
  const { offer } = useUndoOffer();
  const themes = { light: IconSun, dark: IconMoon, system: IconDeviceDesktop };
  useActions([
    ...pageActions(),
    ...commandActions(),
    { ...own(windowCommands.palette, appStrings.openPalette, <IconSearch {...icon} />), run: openPalette },
    {
      ...own(windowCommands.newWindow, windowCommands.newWindow.label, <IconAppWindow {...icon} />),
      run: () => window.coto.newWindow(),
    },
    { ...own(windowCommands.find, appStrings.find.label, <IconSearch {...icon} />), run: openFindBar },
    { ...own(windowCommands.back, appStrings.back, <IconArrowLeft {...icon} />), run: () => window.history.back() },
    {
      ...own(windowCommands.forward, appStrings.forward, <IconArrowRight {...icon} />),
      run: () => window.history.forward(),
    },
    {
      ...own(windowCommands.tour, windowCommands.tour.label, <IconRoute {...icon} />),
      keywords: ['help', 'introduction', 'first steps'],
      run: () => startTour(useRoute.getState().path),
    },
    {
      ...own(windowCommands.shortcuts, appStrings.shortcuts, <IconKeyboard {...icon} />),
      keywords: ['keys', 'help'],
      run: showShortcuts,
    },
    {
      ...always('sidebar', appStrings.toggleSidebar, <IconLayoutSidebar {...icon} />),
      shortcut: 'mod+B',
      whileTyping: true,
      run: toggleSidebar,
    },
    ...(offer === null
      ? []
      : [
          {
            ...undoAction,
            label: appStrings.undo(offer.title),
            icon: <IconArrowBackUp {...icon} />,
            run: offer.undo,
          },
        ]),
    ...(['light', 'dark', 'system'] as const).map((theme): StudioAction => {
      const ThemeIcon = themes[theme];
      return {
        ...always(`theme-${theme}`, appStrings.theme[theme], <ThemeIcon {...icon} />),
        run: () => setTheme(theme),
      };
    }),
    {
      ...always('demo-quick', appStrings.quickDemo, <IconPlayerPlay {...icon} />),
      run: () => startDemo.mutate({ quick: true }),
    },
    { ...always('demo-full', appStrings.fullDemo, <IconPlayerPlay {...icon} />), run: () => startDemo.mutate({}) },
    {
      ...always('logs', appStrings.openLogs, <IconFileDescription {...icon} />),
      keywords: ['error', 'report', 'help'],
      run: () => {
        window.coto.showLogs().catch((error: unknown) => notifyFailure(error));
      },
    },
  ]);
}

/** The palette lists pages apart from what can be done. */
export const pageActionPrefix = 'page-';

function pageActions(): readonly StudioAction[] {
  const keywords: Readonly<Record<string, readonly string[]>> = appStrings.pageKeywords;
  return pages.map((page) => {
    const { id: keysId, keys } = pageCommand(page);
    return {
      ...always(`${pageActionPrefix}${page.id}`, page.label, <page.icon {...icon} />),
      keysId,
      keywords: keywords[page.id] ?? [],
      shortcut: keys,
      heardBy: 'menu' as const,
      run: () => navigate(`/${page.id}`),
    };
  });
}

/** Menu commands without a page of the same name; the others are listed as pages. */
function commandActions(): readonly StudioAction[] {
  return menuCommands
    .filter((command) => !pages.some((page) => pageCommand(page).id === command.id))
    .map(({ id, label, to, keys, keywords }) => ({
      ...always(id, label, to.startsWith('/guide') ? <IconBook2 {...icon} /> : <IconFilePlus {...icon} />),
      ...(keywords === undefined ? {} : { keywords }),
      shortcut: keys,
      heardBy: 'menu' as const,
      run: () => navigate(to),
    }));
}

/** A command of the menu with its keys. */
function own({ id, keys, macKeys, isHeardByPage }: WindowCommand, label: string, symbol: ReactNode) {
  const shortcut = window.coto.platform === 'darwin' ? (macKeys ?? keys) : keys;
  return { ...always(id, label, symbol), shortcut, ...(isHeardByPage ? {} : { heardBy: 'menu' as const }) };
}

function always(id: string, label: string, symbol: ReactNode) {
  return { id, label, scope: 'window', icon: symbol } as const;
}
