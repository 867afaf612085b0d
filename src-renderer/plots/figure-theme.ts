import { useComputedColorScheme } from '@mantine/core';
import type { FigureTheme } from '../../src-shared/figures/index.ts';
import { textTypeface } from '../../src-shared/typeface.ts';

const lightTheme: FigureTheme = { dark: false };
const darkTheme: FigureTheme = { dark: true };

/** The theme to hand to a figure function; the same object as long as the theme stays. */
export function useFigureTheme(): FigureTheme {
  return useComputedColorScheme('light') === 'dark' ? darkTheme : lightTheme;
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
