import { createHash, createPrivateKey, sign } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { stringify } from 'yaml';

const installers = /\.(AppImage|deb|exe|dmg|zip)$/;

/** The names that electron-updater asks for. @type {(system: NodeJS.Platform, arch: string) => string} */
function descriptionName(system, arch) {
  if (system === 'win32') return 'latest.yml';
  if (system === 'darwin') return 'latest-mac.yml';
  return arch === 'x64' ? 'latest-linux.yml' : `latest-linux-${arch}.yml`;
}

/**
 * Describes the installers in a folder as electron-updater reads it, with their sizes, and signs that: what the app takes
 * as an update. The folder can then be copied to the server of the feed as it is.
 * @param {{ folder: string, version: string, privateKey: string, at: Date, system?: NodeJS.Platform, arch?: string }} release
 *   the key: Ed25519, PEM
 * @returns {string} the file of the description; beside it lies its signature
 */
export function writeReleaseFeed({ folder, version, privateKey, at, system = process.platform, arch = process.arch }) {
  const files = readdirSync(folder)
    .filter((name) => installers.test(name))
    .sort()
    .map((name) => {
      const file = join(folder, name);
      const sha512 = createHash('sha512').update(readFileSync(file)).digest('base64');
      return { url: basename(file), sha512, size: statSync(file).size };
    });
  const first = files[0];
  if (first === undefined) throw new Error(`${folder} has no installer.`);
  const text = stringify({ version, files, path: first.url, sha512: first.sha512, releaseDate: at.toISOString() });
  const description = join(folder, descriptionName(system, arch));
  writeFileSync(description, text);
  const signature = sign(null, Buffer.from(text), createPrivateKey(privateKey));
  writeFileSync(`${description}.sig`, `${signature.toString('base64')}\n`);
  return description;
}
