import { type FocusEvent, type KeyboardEvent, useState } from 'react';

/** Steps by key; null: to the first or the last. */
const steps: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 5,
  PageUp: -5,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/**
 * A list that is one stop of the Tab key: arrow keys, Page, Home and End move within. `list` goes on the list, `itemProps` on
 * each item, whose ids are in the order of the screen.
 */
export function useRoving(ids: readonly string[]) {
  const [focused, setFocused] = useState<string | null>(null);
  const current = focused !== null && ids.includes(focused) ? focused : ids[0];
  return {
    itemProps: (id: string) => ({
      'data-roving': id,
      tabIndex: id === current ? 0 : -1,
      onFocus: (event: FocusEvent) => {
        if (event.target === event.currentTarget) setFocused(id);
      },
    }),
    onKeyDown(event: KeyboardEvent<HTMLElement>) {
      const step = steps[event.key];
      if (step === undefined || !(event.target instanceof HTMLElement)) return;
      const at = ids.indexOf(event.target.dataset['roving'] ?? '');
      if (at < 0) return;
      event.preventDefault();
      const next = ids[Math.max(0, Math.min(ids.length - 1, at + step))];
      for (const item of event.currentTarget.querySelectorAll<HTMLElement>('[data-roving]'))
        if (item.dataset['roving'] === next) item.focus();
    },
  };
}
