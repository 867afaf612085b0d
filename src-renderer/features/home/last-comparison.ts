import { z } from 'zod';
import { parseRoute } from '../../app/route-path.ts';
import { useRoute } from '../../app/routes.tsx';

const key = 'coto-last-comparison';
const comparisonSchema = z.object({ path: z.string(), runs: z.number().int().min(2) });
export type Comparison = z.infer<typeof comparisonSchema>;

/** The comparison of runs that an address shows; null where it shows none. */
export function comparisonAt(hash: string): Comparison | null {
  const { segments, query } = parseRoute(hash);
  const runs = (query.get('ids') ?? '').split(',').filter(Boolean).length;
  if (segments[0] !== 'runs' || runs < 2) return null;
  return { path: hash.replace(/^#/, ''), runs };
}

/** The comparison that was last looked at, across starts. */
export function lastComparison(): Comparison | null {
  try {
    const read = comparisonSchema.safeParse(JSON.parse(localStorage.getItem(key) ?? 'null'));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

function remember(): void {
  const comparison = comparisonAt(window.location.hash);
  if (comparison) localStorage.setItem(key, JSON.stringify(comparison));
}

/** Keeps every comparison that is opened from now on. */
export function rememberComparisons(): () => void {
  remember();
  return useRoute.subscribe(remember);
}
