/** The address of a comparison of these runs, and the runs of such an address. */
export function comparePath(ids: readonly string[]): string {
  return `/runs/compare?ids=${ids.map(encodeURIComponent).join(',')}`;
}

export function comparedIds(query: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set((query.get('ids') ?? '').split(',').filter(Boolean))];
}
