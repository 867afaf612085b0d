/** One's own records before those that come with the app, each in their order. */
export function ownFirst<Item extends { readonly bundled: boolean }>(items: readonly Item[]): Item[] {
  return [...items.filter(({ bundled }) => !bundled), ...items.filter(({ bundled }) => bundled)];
}
