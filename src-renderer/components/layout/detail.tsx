import type { ReactNode } from 'react';
import classes from './detail.module.css';

interface DetailProps {
  title: string;
  /** Beside the title, in grey. */
  note?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** The right side of a list-and-detail page: the chosen thing's name and actions, then its panels in a column. */
export function Detail({ title, note, actions, children }: DetailProps) {
  return (
    <article className={classes['detail']} aria-label={title}>
      <header className={classes['header']}>
        <h2 className={classes['title']}>{title}</h2>
        <span className={classes['note']}>{note}</span>
        {actions}
      </header>
      {children}
    </article>
  );
}
