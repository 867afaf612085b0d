import { useSyncExternalStore } from 'react';
import type { FigureTheme } from '../../src-shared/figures/index.ts';

const lightTheme: FigureTheme = { dark: false };
const darkTheme: FigureTheme = { dark: true };

/** Mantine writes here which of its schemes is drawn. */
const schemeAttribute = 'data-mantine-color-scheme';
const listeners = new Set<() => void>();
const observer = new MutationObserver(() => {
  for (const listener of listeners) listener();
});

/**
 * The theme to hand to a figure function; the same object as long as the theme stays. Read from the document and not by
 * Mantine's hook, which asks for the system's scheme on each render: figures of a running run are rendered all the time.
 */
export function useFigureTheme(): FigureTheme {
  return useSyncExternalStore(subscribe, themeNow);
}

function themeNow(): FigureTheme {
  return document.documentElement.getAttribute(schemeAttribute) === 'dark' ? darkTheme : lightTheme;
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) observer.observe(document.documentElement, { attributeFilter: [schemeAttribute] });
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) observer.disconnect();
  };
}
