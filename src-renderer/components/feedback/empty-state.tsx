import type { ReactNode } from 'react';
import classes from './notes.module.css';

interface EmptyStateProps {
  /** One sentence: what belongs here. */
  children: ReactNode;
  /** The button that puts it here. */
  action?: ReactNode;
}

export function EmptyState({ children, action }: EmptyStateProps) {
  return (
    <div className={classes['empty']}>
      <p className={classes['sentence']}>{children}</p>
      {action}
    </div>
  );
}
