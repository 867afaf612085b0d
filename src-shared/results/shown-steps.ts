/** At most `most` of the entries, spread evenly, the first and the last among them. */
export function spreadOver<Entry>(entries: readonly Entry[], most: number): Entry[] {
  if (entries.length <= most) return [...entries];
  return Array.from({ length: most }, (_, at) => Math.round((at * (entries.length - 1)) / (most - 1))).flatMap(
    (index) => entries[index] ?? [],
  );
}
