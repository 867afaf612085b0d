import type { CSSProperties } from 'react';

/** The head of every column, in tables of Mantine as in those that sort. */
export const headerStyle = {
  fontWeight: 500,
  color: 'var(--mantine-color-dimmed)',
} as const satisfies CSSProperties;
