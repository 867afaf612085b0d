import type { GuidePlace } from '../components/help/help-store.ts';
import { pathOf, type Route } from './route-path.ts';

/** The address of a document on the Guide page: `#/guide/train`, `#/guide/methods/adapters/lora?at=limits`. */
export function guidePath({ document, anchor }: GuidePlace): string {
  const segments = document.split('/');
  const path = pathOf('guide', ...(segments[0] === 'guide' ? segments.slice(1) : segments));
  return anchor === null ? path : `${path}?at=${encodeURIComponent(anchor)}`;
}

/** The document that an address of the Guide page names; the page alone is the guide's first document. */
export function guidePlace({ segments, query }: Route): GuidePlace {
  const [first, ...others] = segments.slice(1);
  const anchor = query.get('at') ?? null;
  if (first === undefined) return { document: 'guide/README', anchor };
  const isOfGuide = others.length === 0;
  return { document: [...(isOfGuide ? ['guide'] : []), first, ...others].join('/'), anchor };
}
