import { lazy, Suspense, useEffect, useState } from 'react';
import { useHelpSheet } from '../components/help/help-store.ts';
import { guidePath } from './guide-path.ts';
import { navigate } from './routes.tsx';

const GuideSheet = lazy(() =>
  import('../features/guide/guide-sheet.tsx').then((module) => ({ default: module.GuideSheet })),
);

/** The side sheet with help, loaded with its documents when it is first opened. */
export function HelpSheet() {
  const open = useHelpSheet((state) => state.open);
  const [wanted, setWanted] = useState(open);
  useEffect(() => {
    if (open) setWanted(true);
  }, [open]);
  if (!wanted) return null;
  return (
    <Suspense>
      <GuideSheet onOpenPage={(document) => navigate(guidePath({ document, anchor: null }))} />
    </Suspense>
  );
}
