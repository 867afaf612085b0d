import { Anchor, type AnchorProps } from '@mantine/core';
import { type ReactNode, useSyncExternalStore } from 'react';

/** Where the window is: `#/runs/r123?compare=a,b` has the segments ["runs", "r123"] and the query compare = "a,b". */
export interface Route {
  path: string;
  segments: readonly string[];
  query: ReadonlyMap<string, string>;
}

export function parseRoute(hash: string): Route {
  const text = hash.replace(/^#/, '');
  const [pathPart = '', queryPart = ''] = text.split('?', 2);
  const segments = pathPart.split('/').filter(Boolean).map(decodeURIComponent);
  if (segments.length === 0) segments.push('home');
  return { path: `/${segments.join('/')}`, segments, query: new Map(new URLSearchParams(queryPart)) };
}

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

/** The address of a path: each segment escaped. `pathOf('runs', id)` is "/runs/<id>". */
export function pathOf(...segments: readonly string[]): string {
  return `/${segments.map(encodeURIComponent).join('/')}`;
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
