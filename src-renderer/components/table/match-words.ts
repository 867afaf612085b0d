/** The words of a search, in lower case. */
export function searchWords(search: string): string[] {
  return search.toLowerCase().split(/\s+/).filter(Boolean);
}

/** Returns true if a text contains all of these words, in any order and case. */
export function hasWords(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}

/** Returns true if a text contains every word of a search, in any order and case. An empty search matches. */
export function matchesWords(text: string, search: string): boolean {
  return hasWords(text, searchWords(search));
}
