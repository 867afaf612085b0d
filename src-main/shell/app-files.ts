import { join, normalize, sep } from 'node:path';

/** Origin of the window, with a custom scheme: `file:` would give the page more rights than it needs. */
export const studioOrigin = 'app://studio';

/**
 * The file of a URL of the app's scheme, or null if it is outside `folder` or the origin is spelled in any other way: with a
 * port, a user, a final dot or capitals. A separator of folders that is encoded is none of ours either.
 */
export function fileOf(folder: string, url: string): string | null {
  let parsed: URL;
  let pathname: string;
  try {
    parsed = new URL(url);
    pathname = decodeURIComponent(parsed.pathname);
  } catch {
    return null;
  }
  if (!parsed.href.startsWith(`${studioOrigin}/`)) return null;
  if (pathname.includes('\0') || /%2f|%5c/i.test(parsed.pathname)) return null;
  const path = normalize(join(folder, pathname === '/' ? 'index.html' : pathname));
  return path.startsWith(folder + sep) ? path : null;
}
