import type { MemoryVerdict } from '../../../src-shared/results/memory-verdict.ts';

export const verdictColors: Readonly<Record<MemoryVerdict, string>> = {
  fits: 'var(--studio-success)',
  tight: 'var(--studio-warning)',
  'does not fit': 'var(--studio-failure)',
};
