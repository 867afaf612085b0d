import { Kbd, Tooltip, UnstyledButton } from '@mantine/core';
import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand, IconSearch } from '@tabler/icons-react';
import { memo } from 'react';
import { windowCommands } from '../../src-shared/menu-commands.ts';
import { useShortcut } from '../components/actions/changed-keys.ts';
import { keysOf } from '../components/actions/shortcut.ts';
import { appStrings } from '../strings/app.ts';
import classes from './frame.module.css';
import { pages } from './pages.tsx';
import { openPalette } from './palette-store.ts';
import { useRoute } from './routes.tsx';

interface RailProps {
  collapsed: boolean;
  onToggle: () => void;
  /** Leads the keyboard past the rail. */
  onSkip: () => void;
}

/** The pages in the order of the work; collapsed to icons on request. */
export const Rail = memo(function Rail({ collapsed, onToggle, onSkip }: RailProps) {
  const current = useRoute(({ segments }) => segments[0]);
  const paletteKeys = useShortcut(windowCommands.palette.id, windowCommands.palette.keys);
  const isMac = window.coto.platform === 'darwin';
  return (
    <nav className={classes['rail']} data-collapsed={collapsed || undefined} aria-label={appStrings.pages}>
      <button type="button" className={classes['skip']} onClick={onSkip}>
        {appStrings.skip}
      </button>
      <div className={classes['brand']} aria-hidden={collapsed}>
        {collapsed ? appStrings.shortName : appStrings.name}
      </div>
      {pages.map((page) => {
        const link = (
          <a
            key={page.id}
            href={`#/${page.id}`}
            className={classes['item']}
            aria-current={current === page.id ? 'page' : undefined}
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
          onClick={openPalette}
          {...(collapsed ? { 'aria-label': appStrings.search } : {})}
        >
          <IconSearch size={18} stroke={1.6} aria-hidden />
          {collapsed ? null : (
            <>
              <span>{appStrings.search}</span>
              {paletteKeys === '' ? null : (
                <Kbd size="xs" ml="auto">
                  {keysOf(paletteKeys, isMac).join(isMac ? '' : ' ')}
                </Kbd>
              )}
            </>
          )}
        </UnstyledButton>
        <UnstyledButton
          className={classes['item'] ?? ''}
          aria-label={collapsed ? appStrings.expandSidebar : appStrings.collapseSidebar}
          onClick={onToggle}
        >
          {collapsed ? (
            <IconLayoutSidebarLeftExpand size={18} stroke={1.6} aria-hidden />
          ) : (
            <IconLayoutSidebarLeftCollapse size={18} stroke={1.6} aria-hidden />
          )}
          {collapsed ? null : <span>{appStrings.collapse}</span>}
        </UnstyledButton>
      </div>
    </nav>
  );
});
