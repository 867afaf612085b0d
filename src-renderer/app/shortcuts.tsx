import { Skeleton } from '@mantine/core';
import { modals } from '@mantine/modals';
import { lazy, Suspense } from 'react';
import { builtInActions } from '../components/actions/action-registry.ts';
import { appStrings } from '../strings/app.ts';
import { useRoute } from './routes.tsx';

const ShortcutList = lazy(() => import('./shortcut-list.tsx').then((module) => ({ default: module.ShortcutList })));

/** Shows the keys of every action, where they can be changed. */
export function showShortcuts(): void {
  // Read before the dialog takes the place of the page.
  const actions = builtInActions();
  const page = useRoute.getState().segments[0] ?? '';
  modals.open({
    modalId: 'shortcuts',
    title: appStrings.shortcuts,
    size: 'lg',
    children: (
      <Suspense fallback={<Skeleton height={320} />}>
        <ShortcutList actions={actions} page={page} />
      </Suspense>
    ),
  });
}
