import { Button, Skeleton, useMantineColorScheme } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { Notifications } from '@mantine/notifications';
import { memo, Suspense, useCallback, useEffect, useRef } from 'react';
import { useBackendStatus } from '../api/client.ts';
import { useLostRuns } from '../api/lost-work.ts';
import { useRequest } from '../api/query.ts';
import { useActionKeys } from '../components/actions/use-action-keys.ts';
import { EmptyState } from '../components/feedback/empty-state.tsx';
import { LogButton } from '../components/feedback/log-button.tsx';
import { appStrings } from '../strings/app.ts';
import { CommandPalette } from './command-palette.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import classes from './frame.module.css';
import { HeldJobsBanner } from './held-jobs-banner.tsx';
import { HelpSheet } from './help-sheet.tsx';
import { pages } from './pages.tsx';
import { openPalette } from './palette-store.ts';
import { Rail } from './rail.tsx';
import { navigate, useRoute } from './routes.tsx';
import { showShortcuts } from './shortcuts.tsx';
import { StatusBar } from './status-bar.tsx';
import { useNotifications } from './use-notifications.ts';
import { usePreload } from './use-preload.ts';
import { useRunningJobs } from './use-running-jobs.ts';
import { useWindowActions } from './window-actions.tsx';

/** The three zones that every screen shares: rail, content, status bar. */
export function Frame() {
  const [collapsed, setCollapsed] = useLocalStorage({
    key: 'coto-rail-collapsed',
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const content = useRef<HTMLElement>(null);
  const toggle = useCallback(() => setCollapsed((value) => !value), [setCollapsed]);
  const skip = useCallback(() => (content.current?.querySelector('h1') ?? content.current)?.focus(), []);
  return (
    <div className={classes['frame']}>
      <Rail collapsed={collapsed} onToggle={toggle} onSkip={skip} />
      <main ref={content} className={classes['content']} tabIndex={-1}>
        <BackendBanner />
        <HeldJobsBanner />
        <div className={classes['page']}>
          <CurrentPage />
        </div>
        <Notifications
          position="bottom-right"
          limit={4}
          withinPortal={false}
          classNames={{ root: classes['notifications'] ?? '' }}
        />
      </main>
      <StatusBar />
      <CommandPalette />
      <HelpSheet />
      <Background toggleSidebar={toggle} />
    </div>
  );
}

/** Effects that run behind every page. A separate component keeps job progress from re-rendering the page. */
function Background({ toggleSidebar }: { toggleSidebar: () => void }) {
  useTheme();
  useNotifications();
  useMenu();
  useRunningJobs();
  usePreload();
  useWindowActions(toggleSidebar);
  useActionKeys(window.coto.platform === 'darwin');
  return null;
}

const CurrentPage = memo(function CurrentPage() {
  const path = useRoute((route) => route.path);
  const name = useRoute(({ segments }) => segments[0]);
  const page = pages.find(({ id }) => id === name);
  useEffect(() => {
    document.title = page ? `${page.label} – ${appStrings.name}` : appStrings.name;
  }, [page]);
  if (!page)
    return (
      <EmptyState action={<Button onClick={() => navigate('/home')}>{appStrings.goHome}</Button>}>
        {appStrings.noPage(path)}
      </EmptyState>
    );
  return (
    <ErrorBoundary key={page.id}>
      <Suspense fallback={<PageSkeleton />}>
        <page.component />
      </Suspense>
    </ErrorBoundary>
  );
});

function PageSkeleton() {
  return (
    <div className={classes['skeleton']}>
      <Skeleton height={20} width={160} />
      <Skeleton height={240} />
    </div>
  );
}

/** Tells that the backend is lost while it is. Everything that the window shows is read again once the backend is back. */
function BackendBanner() {
  const { status, error } = useBackendStatus();
  if (status === 'ready' || status === 'starting') return null;
  return (
    <div className={classes['banner']} role="alert" data-failed={status === 'failed' || undefined}>
      {status === 'lost' ? (
        <LostWork />
      ) : (
        <>
          <span>
            {error?.message ?? appStrings.backendFailed} {error?.hint}
          </span>
          <Button variant="default" onClick={() => window.coto.restartBackend()}>
            {appStrings.startAgain}
          </Button>
          <LogButton />
        </>
      )}
    </div>
  );
}

/** Tells which runs of the lost backend can be resumed. */
function LostWork() {
  const runs = useLostRuns();
  const [only] = runs;
  const resumable = runs.filter(({ step }) => step !== null).length;
  const fate =
    only === undefined
      ? ''
      : runs.length === 1
        ? appStrings.lostRun(only.name, only.step)
        : appStrings.lostRuns(resumable, runs.length);
  return (
    <span>
      {appStrings.backendLost} {fate}
    </span>
  );
}

/** The theme of the settings, for the window and for what the system draws around it. */
function useTheme(): void {
  const { data } = useRequest('settings.get', {});
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const theme = data?.theme;
  useEffect(() => {
    if (theme) setColorScheme(theme === 'system' ? 'auto' : theme);
  }, [theme]);
  useEffect(() => window.coto.setTheme(colorScheme === 'auto' ? 'system' : colorScheme), [colorScheme]);
}

function useMenu(): void {
  useEffect(
    () =>
      window.coto.onMenu((command) => {
        if (command === 'palette') openPalette();
        else if (command === 'shortcuts') showShortcuts();
        else navigate(command);
      }),
    [],
  );
}
