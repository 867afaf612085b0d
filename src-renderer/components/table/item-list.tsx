import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import classes from './item-list.module.css';

export interface ListItem {
  id: string;
  title: string;
  /** Second line in grey. */
  detail: ReactNode;
  /** Right end of the first line. */
  note?: ReactNode;
}

interface ItemListProps {
  label: string;
  items: readonly ListItem[];
  activeId: string | null;
  onActivate: (id: string) => void;
}

/** The list on the left of a list-and-detail page: arrows move the choice, the detail follows. */
export function ItemList({ label, items, activeId, onActivate }: ItemListProps) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const focused = event.target instanceof HTMLElement ? event.target.dataset['id'] : undefined;
    const next = items[items.findIndex((item) => item.id === (focused ?? activeId)) + step];
    if (!next) return;
    onActivate(next.id);
    list.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(next.id)}"]`)?.focus();
  };
  return (
    <div ref={list} className={classes['list']} role="listbox" aria-label={label} tabIndex={-1} onKeyDown={onKeyDown}>
      {items.map((item) => (
        <div
          key={item.id}
          role="option"
          data-id={item.id}
          aria-selected={item.id === activeId}
          tabIndex={item.id === activeId ? 0 : -1}
          className={classes['item']}
          onClick={() => onActivate(item.id)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') onActivate(item.id);
          }}
        >
          <span className={classes['title']}>{item.title}</span>
          <span className={classes['note']}>{item.note}</span>
          <span className={classes['detail']}>{item.detail}</span>
        </div>
      ))}
    </div>
  );
}
