/** One's own records before those that come with the app, each in their order. */
export function ownFirst<Item extends { readonly bundled: boolean }>(items: readonly Item[]): Item[] {
  return [...items.filter(({ bundled }) => !bundled), ...items.filter(({ bundled }) => bundled)];
}

/** Whether a text has every one of these words, in any order and case; without words it does. */
export function matchesWords(text: string, words: string): boolean {
  const lower = text.toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => lower.includes(word));
}
