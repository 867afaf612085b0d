import { Anchor, type AnchorProps } from '@mantine/core';
import type { ReactNode } from 'react';
import { create } from 'zustand';
import type { PageId } from '../../src-shared/pages.ts';
import { parseRoute, type Route } from './route-path.ts';

export { pathOf } from './route-path.ts';

export const useRoute = create<Route>(() => parseRoute(window.location.hash));
window.addEventListener('hashchange', () => useRoute.setState(parseRoute(window.location.hash), true));

/** Goes to a path such as "/runs/r123". `replace`: without a step in the history. */
export function navigate(path: string, options: { replace?: boolean } = {}): void {
  if (options.replace) window.location.replace(`#${path}`);
  else window.location.hash = path;
}

/** Goes on to a path once what was begun on a page is done, unless the person has left that page meanwhile. */
export function navigateFrom(from: PageId, path: string, options: { replace?: boolean } = {}): void {
  if (useRoute.getState().segments[0] === from) navigate(path, options);
}

interface LinkProps extends AnchorProps {
  to: string;
  children: ReactNode;
}

export function Link({ to, children, ...rest }: LinkProps) {
  return (
    <Anchor href={`#${to}`} {...rest}>
      {children}
    </Anchor>
  );
}
