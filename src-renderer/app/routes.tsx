import { Anchor, type AnchorProps } from '@mantine/core';
import { type ReactNode, useSyncExternalStore } from 'react';
import { parseRoute, type Route } from './route-path.ts';

export { pathOf } from './route-path.ts';

let current = parseRoute(window.location.hash);
const listeners = new Set<() => void>();
window.addEventListener('hashchange', () => {
  current = parseRoute(window.location.hash);
  for (const listener of listeners) listener();
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useRoute(): Route {
  return useSyncExternalStore(subscribe, () => current);
}

/** Goes to a path such as "/runs/r123". `replace`: without a step in the history. */
export function navigate(path: string, options: { replace?: boolean } = {}): void {
  if (options.replace) window.location.replace(`#${path}`);
  else window.location.hash = path;
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
