import { spawn } from 'node:child_process';
import { createWriteStream, lutimesSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/**
 * Packs a folder as a tar.gz whose bytes depend on its files alone: names are sorted, times are `at`, no user
 * is named, and rights do not depend on the umask (GNU's tar only).
 * @param {string} parent
 * @param {string} folder name of the folder in its parent
 * @param {{ file: string, at: Date }} to
 */
export async function packArchive(parent, folder, { file, at }) {
  const names = [
    folder,
    ...readdirSync(join(parent, folder), { recursive: true }).map((name) => join(folder, String(name))),
  ].sort();
  for (const name of names) lutimesSync(join(parent, name), at, at);
  // GNU's tar and that of macOS and Windows name these differently.
  const nobody =
    process.platform === 'linux'
      ? ['--owner=0', '--group=0', '--numeric-owner', '--format=gnu', '--mode=u+rwX,go+rX,go-w']
      : ['--uid', '0', '--gid', '0'];
  const tar = spawn('tar', ['-cf', '-', ...nobody, '--no-recursion', '-C', parent, '--null', '-T', '-'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const code = new Promise((resolve) => tar.once('close', resolve));
  await Promise.all([
    pipeline(Readable.from(names.map((name) => `${name}\0`)), tar.stdin),
    pipeline(tar.stdout, createGzip({ level: 9, memLevel: 9 }), createWriteStream(file)),
  ]);
  if ((await code) !== 0) throw new Error(`tar did not pack ${folder}.`);
}
