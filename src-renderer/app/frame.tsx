import { Button, Kbd, Skeleton, Tooltip, UnstyledButton, useMantineColorScheme } from '@mantine/core';
import { useHotkeys, useLocalStorage } from '@mantine/hooks';
import { spotlight } from '@mantine/spotlight';
import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand, IconSearch } from '@tabler/icons-react';
import { Suspense, useEffect } from 'react';
import { useBackendStatus } from '../api/client.ts';
import { useRequest } from '../api/query.ts';
import { EmptyState } from '../components/feedback/empty-state.tsx';
import { LogButton } from '../components/feedback/log-button.tsx';
import { CommandPalette } from './command-palette.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import classes from './frame.module.css';
import { HelpSheet } from './help-sheet.tsx';
import { pages } from './pages.tsx';
import { navigate, useRoute } from './routes.tsx';
import { showShortcuts } from './shortcuts.tsx';
import { StatusBar } from './status-bar.tsx';
import { useNotifications } from './use-notifications.ts';
import { useRunningJobs } from './use-running-jobs.ts';

/** The three zones that every screen shares: rail, content, status bar. */
export function Frame() {
  useTheme();
  useNotifications();
  useMenu();
  useRunningJobs();
  return (
    <div className={classes['frame']}>
      <Rail />
      <main className={classes['content']}>
        <BackendBanner />
        <div className={classes['page']}>
          <CurrentPage />
        </div>
      </main>
      <StatusBar />
      <CommandPalette />
      <HelpSheet />
    </div>
  );
}

function Rail() {
  const route = useRoute();
  const [collapsed, setCollapsed] = useLocalStorage({
    key: 'coto-rail-collapsed',
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  useHotkeys([['mod+B', () => setCollapsed((value) => !value)]]);
  const isMac = window.coto.platform === 'darwin';
  return (
    <nav className={classes['rail']} data-collapsed={collapsed || undefined} aria-label="Pages">
      <div className={classes['brand']} aria-hidden={collapsed}>
        {collapsed ? 'CoTo' : 'CoTo Studio'}
      </div>
      {pages.map((page) => {
        const active = route.segments[0] === page.id;
        const link = (
          <a
            key={page.id}
            href={`#/${page.id}`}
            className={classes['item']}
            aria-current={active ? 'page' : undefined}
            aria-label={page.label}
          >
            <page.icon size={18} stroke={1.6} aria-hidden />
            {collapsed ? null : <span>{page.label}</span>}
          </a>
        );
        return collapsed ? (
          <Tooltip key={page.id} label={page.label} position="right">
            {link}
          </Tooltip>
        ) : (
          link
        );
      })}
      <div className={classes['railEnd']}>
        <UnstyledButton
          className={classes['item'] ?? ''}
          onClick={() => spotlight.open()}
          aria-label="Search and commands"
        >
          <IconSearch size={18} stroke={1.6} aria-hidden />
          {collapsed ? null : (
            <>
              <span>Search</span>
              <Kbd size="xs" ml="auto">
                {isMac ? '⌘K' : 'Ctrl K'}
              </Kbd>
            </>
          )}
        </UnstyledButton>
        <UnstyledButton
          className={classes['item'] ?? ''}
          aria-label={collapsed ? 'Expand sidebar' : 'Collapse sidebar'}
          onClick={() => setCollapsed((value) => !value)}
        >
          {collapsed ? (
            <IconLayoutSidebarLeftExpand size={18} stroke={1.6} aria-hidden />
          ) : (
            <IconLayoutSidebarLeftCollapse size={18} stroke={1.6} aria-hidden />
          )}
          {collapsed ? null : <span>Collapse</span>}
        </UnstyledButton>
      </div>
    </nav>
  );
}

function CurrentPage() {
  const route = useRoute();
  const page = pages.find((entry) => entry.id === route.segments[0]);
  useEffect(() => {
    document.title = page ? `${page.label} – CoTo Studio` : 'CoTo Studio';
  }, [page]);
  if (!page)
    return (
      <EmptyState action={<Button onClick={() => navigate('/home')}>Go home</Button>}>
        There is no page at {route.path}.
      </EmptyState>
    );
  return (
    <ErrorBoundary key={page.id}>
      <Suspense fallback={<PageSkeleton />}>
        <page.component />
      </Suspense>
    </ErrorBoundary>
  );
}

function PageSkeleton() {
  return (
    <div className={classes['skeleton']}>
      <Skeleton height={20} width={160} />
      <Skeleton height={240} />
    </div>
  );
}

/** Says that the backend is lost while it is; whatever the window shows is asked again once it is back. */
function BackendBanner() {
  const { status, error } = useBackendStatus();
  if (status === 'ready' || status === 'starting') return null;
  return (
    <div className={classes['banner']} role="alert" data-failed={status === 'failed' || undefined}>
      {status === 'lost' ? (
        <span>The backend quit unexpectedly and is restarting. You can resume the running job afterwards.</span>
      ) : (
        <>
          <span>
            {error?.message ?? 'The backend cannot start.'} {error?.hint}
          </span>
          <Button variant="default" onClick={() => window.coto.restartBackend()}>
            Start it again
          </Button>
          <LogButton />
        </>
      )}
    </div>
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
  useHotkeys([['shift+?', showShortcuts]]);
  useEffect(
    () =>
      window.coto.onMenu((command) => {
        if (command === 'palette') spotlight.open();
        else if (command === 'shortcuts') showShortcuts();
        else navigate(command);
      }),
    [],
  );
}
