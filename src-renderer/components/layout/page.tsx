import { ActionIcon, Menu, Title } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './page.module.css';

export interface MoreItem {
  label: string;
  icon?: ReactNode;
  onClick: () => void;
  /** Why it cannot be done now: the item is then greyed, with this sentence under it. */
  disabledReason?: string | null;
  danger?: boolean;
}

interface PageProps {
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
export function Page({ title, state, actions, more, moreAbove, fill = false, children }: PageProps) {
  return (
    <section className={classes['page']}>
      <header className={classes['header']}>
        <Title order={1} className={classes['title'] ?? ''}>
          {title}
        </Title>
        <div className={classes['state']}>{state}</div>
        <div className={classes['actions']}>
          {actions}
          {more && more.length > 0 ? <MoreMenu items={more} above={moreAbove} label="More actions" /> : null}
        </div>
      </header>
      <div className={fill ? classes['fill'] : classes['scroll']}>{children}</div>
    </section>
  );
}

interface MoreMenuProps {
  items: readonly MoreItem[];
  label: string;
  above?: ReactNode;
}

/** The "more" menu of a page, a row or a card. */
export function MoreMenu({ items, label, above }: MoreMenuProps) {
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
            {...(item.danger ? { color: 'red' } : {})}
          >
            {item.label}
            {item.disabledReason ? <div className={classes['reason']}>{item.disabledReason}</div> : null}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
