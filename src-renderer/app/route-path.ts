/**
 * Location of the window: `#/runs/r123?compare=a,b` has the segments ["runs", "r123"] and the query compare = "a,b".
 */
export interface Route {
  path: string;
  segments: readonly string[];
  query: ReadonlyMap<string, string>;
}

export function parseRoute(hash: string): Route {
  const text = hash.replace(/^#/, '');
  const [pathPart = '', queryPart = ''] = text.split('?', 2);
  const segments = pathPart.split('/').filter(Boolean).map(unescapeSegment);
  if (segments.length === 0) segments.push('home');
  return { path: `/${segments.join('/')}`, segments, query: new Map(new URLSearchParams(queryPart)) };
}

/** The address of a path: each segment escaped. `pathOf('runs', id)` is "/runs/<id>". */
export function pathOf(...segments: readonly string[]): string {
  return `/${segments.map(encodeURIComponent).join('/')}`;
}

/** A typed address may contain a lone % sign: it is then taken literally. */
function unescapeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
