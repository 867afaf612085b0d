import { Button, Skeleton, useMantineColorScheme } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { Notifications } from '@mantine/notifications';
import { Component, lazy, memo, type ReactNode, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { asError, StudioError } from '../../src-shared/contract/errors.ts';
import { jobInfo } from '../../src-shared/domain/jobs/job.ts';
import type { JobProgress } from '../../src-shared/domain/jobs/job-progress.ts';
import { openedPages } from '../../src-shared/opened-files.ts';
import { request, useBackendStatus } from '../api/client.ts';
import { useLostRuns } from '../api/lost-work.ts';
import { useRequest } from '../api/query.ts';
import { registeredActions } from '../components/actions/action-registry.ts';
import { followKeyFile } from '../components/actions/changed-keys.ts';
import { useActionKeys } from '../components/actions/use-action-keys.ts';
import { EmptyState } from '../components/feedback/empty-state.tsx';
import { ErrorNote } from '../components/feedback/error-note.tsx';
import { LogButton } from '../components/feedback/log-button.tsx';
import { notifyFailure } from '../components/feedback/notify.tsx';
import { DropZone } from '../components/form/drop-zone.tsx';
import { useHelpSheet } from '../components/help/help-store.ts';
import { useTour } from '../features/tour/tour-store.ts';
import { useFirstTour } from '../features/tour/use-first-tour.ts';
import { appStrings } from '../strings/app.ts';
import { FindBar } from './find-bar.tsx';
import classes from './frame.module.css';
import { guidePath } from './guide-path.ts';
import { HeldJobsBanner } from './held-jobs-banner.tsx';
import { pages } from './pages.tsx';
import { usePaletteRequests } from './palette-store.ts';
import { Rail } from './rail.tsx';
import { navigate, useRoute } from './routes.tsx';
import { StatusBar } from './status-bar.tsx';
import { useNotifications } from './use-notifications.ts';
import { useRouteRequest } from './use-route-request.ts';
import { useWindowActions } from './window-actions.tsx';

const GuideSheet = lazy(() =>
  import('../features/guide/guide-sheet.tsx').then((module) => ({ default: module.GuideSheet })),
);

/** The side sheet with help, loaded with its documents when it is first opened. */
function HelpSheet() {
  const open = useHelpSheet((state) => state.open);
  const [wanted, setWanted] = useState(open);
  useEffect(() => {
    if (open) setWanted(true);
  }, [open]);
  if (!wanted) return null;
  return (
    <Suspense>
      <GuideSheet onOpenPage={(document) => navigate(guidePath({ document, anchor: null }))} />
    </Suspense>
  );
}

const LoadedTour = lazy(() => import('../features/tour/tour.tsx').then((module) => ({ default: module.Tour })));

/** Help › Tour of the window, and once by itself: loaded when it starts. */
function WindowTour() {
  useFirstTour();
  const isOpen = useTour(({ at }) => at !== null);
  return isOpen ? (
    <Suspense>
      <LoadedTour />
    </Suspense>
  ) : null;
}

const PaletteDialog = lazy(() => import('./palette-dialog.tsx').then((module) => ({ default: module.PaletteDialog })));

/** Ctrl/Cmd + K: loaded when it is first asked for. */
function CommandPalette() {
  const wanted = usePaletteRequests(({ requests }) => requests > 0);
  return wanted ? (
    <Suspense>
      <PaletteDialog />
    </Suspense>
  ) : null;
}

const loadFigures = () => import('../plots/warm-up.ts').then(({ warmUpFigures }) => warmUpFigures());

/** The window is used before anything else is loaded. */
const restMilliseconds = 2000;

/**
 * Loads the modules of the other pages and the drawing of figures while nothing else is to do, one after the other, so that
 * a page opens without compiling its code first.
 */
function usePreload(): void {
  const { status } = useBackendStatus();
  useEffect(() => {
    if (status !== 'ready') return;
    let isWanted = true;
    const timer = setTimeout(async () => {
      for (const load of [...pages.map((page) => page.load), loadFigures]) {
        await new Promise((resolve) => requestIdleCallback(resolve));
        if (!isWanted) return;
        // A module that fails to load reports its error when it is shown.
        await load().catch(() => undefined);
      }
    }, restMilliseconds);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [status]);
}

/** Keeps the frame alive when a page throws: the error with its stack, and a button that draws the page again. */
class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(thrown: unknown): { error: Error } {
    return { error: asError(thrown) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    const shown = new StudioError('internal', appStrings.pageFailed(error.message), null, error.stack ?? null);
    return (
      <div style={{ padding: 16 }}>
        <ErrorNote error={shown} action={{ label: appStrings.reload, onClick: () => this.setState({ error: null }) }} />
      </div>
    );
  }
}

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
        <div className={classes['page']} data-searched>
          <DropZone message={appStrings.dropAnywhere} onPaths={openPaths}>
            <CurrentPage />
          </DropZone>
        </div>
        <FindBar />
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
      <WindowTour />
      <Background toggleSidebar={toggle} />
    </div>
  );
}

/** Effects that run behind every page. A separate component keeps job progress from re-rendering the page. */
function Background({ toggleSidebar }: { toggleSidebar: () => void }) {
  useTheme();
  useNotifications();
  useMenu();
  useOpenedPaths();
  useRunningJobs();
  usePreload();
  useEffect(followKeyFile, []);
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

/** Opens files and folders on the pages that import them. @param tokens of paths that a person opened or dropped */
function openPaths(tokens: readonly string[]): void {
  for (const token of tokens)
    request('app.identify', { path: token }).then(
      ({ kind }) => navigate(`/${openedPages[kind]}?path=${encodeURIComponent(token)}`),
      (error: unknown) => notifyFailure(error, appStrings.notOpened),
    );
}

/** Opens what the system opened with the app: `#/home?open=<token>`. */
function useOpenedPaths(): void {
  useRouteRequest('open', (token) => openPaths([token]));
}

function useMenu(): void {
  useEffect(
    () =>
      window.coto.onMenu((command) => {
        const run = registeredActions().find(({ id }) => id === command)?.run;
        if (run) run();
        else navigate(command);
      }),
    [],
  );
}

/** Tells the shell what is running and how far it is. A lost backend runs nothing. */
function useRunningJobs(): void {
  const { status } = useBackendStatus();
  const { data: jobs } = useRequest('jobs.list', { active: true });
  const running = (status === 'ready' ? (jobs ?? []) : [])
    .filter((job) => job.status === 'running' && job.parentId === null)
    .map(({ title, kind, progress }) => ({
      title,
      pauses: jobInfo(kind).atClose === 'pause',
      done: doneShare(progress),
    }));
  const stated = JSON.stringify(running);
  // A window that has just been opened does not know yet what runs.
  const isKnown = status !== 'ready' || jobs !== undefined;
  useEffect(() => {
    if (isKnown) window.coto.setRunning(running);
  }, [stated, isKnown]);
}

/** In whole percents: the shell is told of nothing that it does not show. */
function doneShare(progress: JobProgress | null): number | null {
  if (progress === null || progress.total <= 0) return null;
  return Math.min(100, Math.max(0, Math.floor((progress.done / progress.total) * 100))) / 100;
}
