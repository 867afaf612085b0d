/** The words of a search, in lower case. */
export function searchWords(search: string): string[] {
  return search.toLowerCase().split(/\s+/).filter(Boolean);
}

/** Whether a text has every one of these words of a search, in any order and case. */
export function hasWords(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}

/** Whether a text has every word of a search, in any order and case; without words it does. */
export function matchesWords(text: string, search: string): boolean {
  return hasWords(text, searchWords(search));
}
