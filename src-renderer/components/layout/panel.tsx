import type { ReactNode } from 'react';
import classes from './panel.module.css';

interface PanelProps {
  /** Heading of the panel; also its name for screen readers. */
  title?: string;
  /** Grey, beside the heading. */
  note?: ReactNode;
  /** Right end of the heading's row. */
  aside?: ReactNode;
  children: ReactNode;
  /** True: the content touches the border, as tables do. */
  flush?: boolean;
}

/** A card with a hairline border and a small heading. */
export function Panel({ title, note, aside, children, flush = false }: PanelProps) {
  return (
    <section className={classes['panel']} aria-label={title}>
      {title || aside ? (
        <header className={classes['header']}>
          {title ? <h2 className={classes['title']}>{title}</h2> : null}
          <div className={classes['note']} title={typeof note === 'string' ? note : undefined}>
            {note}
          </div>
          {aside}
        </header>
      ) : null}
      <div className={flush ? classes['flush'] : classes['body']}>{children}</div>
    </section>
  );
}

/** Facts as label and value, in two aligned columns. */
export function Facts({ items }: { items: readonly { label: string; value: ReactNode; help?: string }[] }) {
  return (
    <dl className={classes['facts']}>
      {items.map((item) => (
        <div key={item.label} className={classes['fact']}>
          <dt title={item.help}>{item.label}</dt>
          <dd>{item.value}</dd>
        </div>
      ))}
    </dl>
  );
}
