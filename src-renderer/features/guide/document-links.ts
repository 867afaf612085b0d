import type { DocumentId, GuidePlace } from '../../components/help/help-store.ts';

/** Target of a link in a document: a place in the guide, or an outside address, which the window does not open. */
export type LinkTarget =
  | { readonly kind: 'document'; readonly place: GuidePlace }
  | { readonly kind: 'outside'; readonly address: string };

/** Resolves a link as it is written in a document. */
export function linkTarget(from: DocumentId, href: string): LinkTarget {
  if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return { kind: 'outside', address: href };
  const [path = '', anchor] = href.split('#', 2);
  const document = path === '' ? from : pathFrom(from, path).replace(/[.]md$/, '');
  return { kind: 'document', place: { document, anchor: anchor || null } };
}

/** A relative path of a document, from the docs folder. */
export function pathFrom(document: DocumentId, path: string): string {
  const parts = document.split('/').slice(0, -1);
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** A heading's part of an address, by GitHub's rule: "Where CoTo helps, and where not" is "where-coto-helps-and-where-not". */
export function anchorOf(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
    .replaceAll(' ', '-');
}
