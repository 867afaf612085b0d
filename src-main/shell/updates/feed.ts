import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';

const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);
const settingSchema = z.object({ feed: z.string() });

/**
 * The address of a folder with latest.yml and the installers, ending in '/'.
 * @throws StudioError invalid_input for what is no such address
 */
export function parseFeed(text: string): URL {
  const hint = 'Enter the address of a folder, such as https://example.org/coto-studio/.';
  if (!URL.canParse(text)) throw new StudioError('invalid_input', `'${text}' is no address.`, hint);
  const url = new URL(text);
  const isSecure = url.protocol === 'https:' || (url.protocol === 'http:' && loopback.has(url.hostname));
  if (!isSecure) throw new StudioError('invalid_input', `${url.origin} is not reached over https.`, hint);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw new StudioError('invalid_input', 'The address of a feed has no user, query or fragment.', hint);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** The feed that the person turned on; null where there is none, or none that can be read. */
export function readFeed(file: string): URL | null {
  try {
    return parseFeed(settingSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).feed);
  } catch {
    return null;
  }
}

/** Keeps the feed for the next start; null: updates are off. */
export function writeFeed(file: string, feed: URL | null): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(feed === null ? {} : { feed: feed.href }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
