import { ActionIcon, Menu, Title } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { createContext, type ReactNode, useContext, useEffect, useId, useRef } from 'react';
import { claimPageFocus, hasGoneOn, usePageVisit } from '../../app/page-focus.ts';
import { Link } from '../../app/routes.tsx';
import { appStrings } from '../../strings/app.ts';
import { useActions } from '../actions/action-registry.ts';
import { fileStem } from '../download.ts';
import { MiddleText } from '../table/middle-text.tsx';
import classes from './page.module.css';

export interface MoreItem {
  label: string;
  icon?: ReactNode;
  onClick: () => void;
  /** Reason why the item is disabled: it is grayed out, with this sentence below. */
  disabledReason?: string | null;
  danger?: boolean;
}

interface PageProps {
  /** The page that this one belongs to: a link before the title. */
  crumb?: { readonly label: string; readonly path: string };
  title: ReactNode;
  /** One line of state in grey. */
  state?: ReactNode;
  /** At most two buttons, the main one filled. */
  actions?: ReactNode;
  more?: readonly MoreItem[];
  /** Further items of that menu, above the others. */
  moreAbove?: ReactNode;
  /** True: the content fills the page and scrolls inside its own panels. False: the page scrolls as a whole. */
  fill?: boolean;
  children: ReactNode;
}

/** A page: one title row, then the content. */
export function Page({ crumb, title, state, actions, more, moreAbove, fill = false, children }: PageProps) {
  const section = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const visit = usePageVisit((visits) => visits.visit);
  useEffect(() => {
    // To focus is to lay out all of the page: once it has been, that costs nothing.
    const timer = setTimeout(() => {
      const isChanged = claimPageFocus() && !hasGoneOn(section.current);
      // A page that replaces its own skeleton takes the heading, and what had the focus, with it.
      if (isChanged || (visit > 0 && document.activeElement === document.body))
        heading.current?.focus({ preventScroll: true });
    }, 50);
    return () => clearTimeout(timer);
  }, [visit]);
  return (
    <section ref={section} className={classes['page']}>
      <header className={classes['header']}>
        {crumb ? (
          <nav aria-label={appStrings.breadcrumb} className={classes['crumb']}>
            <Link to={crumb.path}>{crumb.label}</Link>
            <span aria-hidden>/</span>
          </nav>
        ) : null}
        <Title
          order={1}
          ref={heading}
          tabIndex={-1}
          className={classes['title'] ?? ''}
          {...(typeof title === 'string' ? { 'aria-label': title } : {})}
        >
          {typeof title === 'string' ? <MiddleText text={title} /> : title}
        </Title>
        <div className={classes['state']}>{state}</div>
        <div className={classes['actions']} data-tour="actions">
          {actions}
          {more && more.length > 0 ? (
            <MoreMenu
              items={more}
              above={moreAbove}
              label={appStrings.moreActions}
              {...(typeof title === 'string' ? { about: title } : {})}
            />
          ) : null}
        </div>
      </header>
      <div className={fill ? classes['fill'] : classes['scroll']}>{children}</div>
    </section>
  );
}

/** False in the rows of a table, whose menus are too many to be found one by one in the palette. */
export const PaletteContext = createContext(true);

interface MoreMenuProps {
  items: readonly MoreItem[];
  label: string;
  above?: ReactNode;
  /** Object of the items, as the palette names it. */
  about?: string;
}

/** The "more" menu of a page, a detail, a row or a card. The palette has its items while it is shown. */
export function MoreMenu({ items, label, above, about = label }: MoreMenuProps) {
  const id = useId();
  const inPalette = useContext(PaletteContext);
  useActions(
    (inPalette ? items : []).map((item) => ({
      id: `${id}-${item.label}`,
      keysId: `menu-${fileStem(item.label)}`,
      label: item.label,
      scope: 'page',
      about,
      icon: item.icon,
      disabledReason: item.disabledReason,
      run: item.onClick,
    })),
  );
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon aria-label={label}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {above ? (
          <>
            {above}
            <Menu.Divider />
          </>
        ) : null}
        {items.map((item) => (
          <Menu.Item
            key={item.label}
            leftSection={item.icon}
            onClick={item.onClick}
            disabled={Boolean(item.disabledReason)}
            {...(item.danger ? { color: 'var(--studio-failure)' } : {})}
          >
            {item.label}
            {item.disabledReason ? <div className={classes['reason']}>{item.disabledReason}</div> : null}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
