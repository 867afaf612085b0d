import { useSyncExternalStore } from 'react';
import type { FigureTheme } from '../../src-shared/figures/index.ts';
import { textTypeface } from '../../src-shared/typeface.ts';

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

/** Layout that every figure of the window shares, under what the figure itself says. */
export function baseTemplate(theme: FigureTheme): object {
  const text = theme.dark ? '#c9cbd0' : '#3b3e44';
  const line = theme.dark ? '#43464d' : '#c3c6cc';
  const grid = theme.dark ? '#2b2d32' : '#ececef';
  const axis = {
    gridcolor: grid,
    zerolinecolor: grid,
    linecolor: line,
    tickcolor: line,
    ticks: 'outside',
    ticklen: 4,
    showline: true,
    automargin: true,
  };
  return {
    layout: {
      font: { family: textTypeface, size: 12, color: text },
      paper_bgcolor: 'rgba(0,0,0,0)',
      plot_bgcolor: 'rgba(0,0,0,0)',
      margin: { l: 48, r: 16, t: 36, b: 40 },
      hovermode: 'x unified',
      hoverlabel: {
        bgcolor: theme.dark ? '#26282c' : '#ffffff',
        bordercolor: line,
        font: { color: theme.dark ? '#e4e5e7' : '#1c1d20', size: 12 },
      },
      legend: { bgcolor: 'rgba(0,0,0,0)' },
      xaxis: axis,
      yaxis: axis,
    },
  };
}

/** The surface on which figures lie, for images that leave the window. */
export function surfaceColor(theme: FigureTheme): string {
  return theme.dark ? '#1c1d20' : '#ffffff';
}
