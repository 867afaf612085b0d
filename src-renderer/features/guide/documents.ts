import type { DocumentId } from '../../components/help/help-store.ts';

/** Every document of the guide as Markdown. This module is large: import it only where a document is shown or searched. */
const files = import.meta.glob<string>('../../../docs/{guide,methods,results}/**/*.md', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const imageFiles = import.meta.glob<string>('../../../docs/images/*.webp', {
  query: '?url',
  import: 'default',
  eager: true,
});

const root = '../../../docs/';

/** By id. */
export const documents: ReadonlyMap<DocumentId, string> = new Map(
  Object.entries(files).map(([path, text]) => [path.slice(root.length, -'.md'.length), text]),
);

/** Addresses by the path below docs: "images/home-light.webp". */
export const guideImages: ReadonlyMap<string, string> = new Map(
  Object.entries(imageFiles).map(([path, url]) => [path.slice(root.length), url]),
);
