import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';

interface Release {
  folder: string;
  version: string;
  privateKey: string;
  at: Date;
  system: string;
  arch: string;
}

const script = pathToFileURL(join(import.meta.dirname, '..', '..', '..', 'scripts', 'package', 'release-feed.mjs'));

/** Function by which `npm run dist -- --installers` describes and signs a release. */
export const { writeReleaseFeed } = z
  .object({ writeReleaseFeed: z.custom<(release: Release) => string>((value) => typeof value === 'function') })
  .parse({ ...(await import(script.href)) });

export function releaseKeys(): { publicKey: string; privateKey: string } {
  return generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}
