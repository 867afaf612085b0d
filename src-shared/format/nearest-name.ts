/** The name that a misspelled one was likely meant to be; null where none is near. A capital or a dash is no difference. */
export function nearestName(written: string, names: readonly string[]): string | null {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[-_ ]/g, '');
  const most = Math.max(1, Math.floor(written.length / 3));
  const [nearest] = names
    .map((name) => ({ name, distance: editDistance(plain(written), plain(name)) }))
    .filter(({ distance }) => distance <= most)
    .sort((one, other) => one.distance - other.distance);
  return nearest?.name ?? null;
}

/** Levenshtein's: letters to change, to add and to leave out. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...one].entries()) {
    const next = [at + 1];
    for (const [place, own] of [...other].entries())
      next.push(
        Math.min((row[place] ?? 0) + Number(letter !== own), (row[place + 1] ?? 0) + 1, (next[place] ?? 0) + 1),
      );
    row = next;
  }
  return row.at(-1) ?? 0;
}
