import { lazy, Suspense } from 'react';
import { usePaletteRequests } from './palette-store.ts';

const PaletteDialog = lazy(() => import('./palette-dialog.tsx').then((module) => ({ default: module.PaletteDialog })));

/** Ctrl/Cmd + K: loaded when it is first asked for. */
export function CommandPalette() {
  const wanted = usePaletteRequests(({ requests }) => requests > 0);
  return wanted ? (
    <Suspense>
      <PaletteDialog />
    </Suspense>
  ) : null;
}
