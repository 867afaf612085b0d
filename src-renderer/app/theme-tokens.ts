import { seriesColors } from '../../src-shared/figures/index.ts';

/** The colors of one theme by their CSS variables. */
export type ThemeTokens = Readonly<Record<string, string>>;

/** Mantine's greys of the dark theme, from text to the darkest ground, on the cool side as all greys of the studio are. */
export const darkGreys = [
  '#d3d5d9',
  '#b6b9bf',
  '#858a92',
  '#6f757f',
  '#43474f',
  '#34373d',
  '#232428',
  '#1c1d20',
  '#151618',
  '#101113',
] as const;

/**
 * Text on every surface keeps 4.5 : 1. Outlines that identify a control (`control`: the frame of a field, the mark of
 * the chosen segment) keep 3 : 1; hairlines between elements (`line`, `default-border`) need not.
 */
export const lightTokens = {
  '--mantine-color-body': '#ffffff',
  '--mantine-color-text': '#1c1d20',
  '--mantine-color-dimmed': '#5c6066',
  '--mantine-color-placeholder': '#666a71',
  '--mantine-color-default-border': '#d0d3d8',
  '--studio-canvas': '#f6f6f7',
  '--studio-rail': '#efeff1',
  '--studio-surface': '#ffffff',
  '--studio-input': '#ffffff',
  '--studio-track': '#eceef1',
  '--studio-control': '#80858d',
  '--studio-hover': '#f0f1f4',
  '--studio-selected': '#eef0fc',
  '--studio-line': '#dcdee2',
  '--studio-accent-text': '#3b5bdb',
  '--studio-failure': '#c92a2a',
  '--studio-warning': '#935600',
  '--studio-success': '#1b7a46',
  '--studio-coto': seriesColors({ dark: false }).coto,
  '--studio-without': seriesColors({ dark: false }).without,
} as const satisfies ThemeTokens;

export const darkTokens = {
  '--mantine-color-body': '#1c1d20',
  '--mantine-color-text': '#e4e5e7',
  '--mantine-color-dimmed': '#a0a4ab',
  '--mantine-color-placeholder': '#959aa2',
  '--mantine-color-default': '#232428',
  '--mantine-color-default-hover': '#2b2d32',
  '--mantine-color-default-border': '#43474f',
  '--studio-canvas': '#151618',
  '--studio-rail': '#101113',
  '--studio-surface': '#1c1d20',
  '--studio-input': '#17181b',
  '--studio-track': '#131416',
  '--studio-control': '#6f757f',
  '--studio-hover': '#25272b',
  '--studio-selected': '#262c4a',
  '--studio-line': '#34373d',
  '--studio-accent-text': '#91a7ff',
  '--studio-failure': '#ff8787',
  '--studio-warning': '#f5b74f',
  '--studio-success': '#69c28f',
  '--studio-coto': seriesColors({ dark: true }).coto,
  '--studio-without': seriesColors({ dark: true }).without,
} as const satisfies ThemeTokens;

/**
 * Changes of both themes for people who ask the system for more contrast: text keeps 7 : 1 on every surface, outlines of
 * controls 4.5 : 1 and hairlines 3 : 1.
 */
export const lightContrast = {
  '--mantine-color-text': '#000000',
  '--mantine-color-dimmed': '#3b3e44',
  '--mantine-color-placeholder': '#43464d',
  '--mantine-color-default-border': '#6a6f77',
  '--studio-control': '#4f545c',
  '--studio-line': '#80858d',
  '--studio-accent-text': '#2b44a8',
  '--studio-failure': '#931a1a',
  '--studio-warning': '#643a00',
  '--studio-success': '#0e522d',
} as const satisfies ThemeTokens;

export const darkContrast = {
  '--mantine-color-text': '#ffffff',
  '--mantine-color-dimmed': '#d3d5d9',
  '--mantine-color-placeholder': '#c3c6cc',
  '--mantine-color-default-border': '#8f949c',
  '--studio-control': '#b6b9bf',
  '--studio-line': '#858a92',
  '--studio-accent-text': '#c5d0ff',
  '--studio-failure': '#ffc2c2',
  '--studio-warning': '#ffd89a',
  '--studio-success': '#a9e2c0',
} as const satisfies ThemeTokens;
