import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { besideArchive } from '../../../archive/beside-archive.ts';
import { isNativeAddon, type NativeAddon } from './addon.ts';
import { tryAddon } from './try-addon.ts';

const fileName = 'coto-native.node';
/** Folder of the kernels of this system in the package coto-engine. */
const system = `${process.platform}-${process.arch}`;

export type LoadedAddon = { readonly addon: NativeAddon } | { readonly reason: string };

let loaded: LoadedAddon | null = null;

/** Loads the addon once, or returns the reason and a hint. */
export function loadAddon(): LoadedAddon {
  loaded ??= load();
  return loaded;
}

function load(): LoadedAddon {
  const file = addonFile();
  if (file === null) return { reason: notBuilt(places()) };
  const problem = tryElsewhere(file);
  if (problem !== null)
    return { reason: `The native addon does not load here: ${problem}. WebAssembly computes in its place.` };
  try {
    const addon: unknown = createRequire(anchor())(file);
    if (isNativeAddon(addon)) return { addon };
    return { reason: `${file} is of another version: build the app again (npm run build).` };
  } catch (error) {
    return { reason: `The native addon does not load here: ${error instanceof Error ? error.message : String(error)}` };
  }
}

/** Path of the addon that is loaded; null where none was built. */
export function addonFile(): string | null {
  return places().find((candidate) => existsSync(candidate)) ?? null;
}

/** The copies of the packed app and of the package coto-engine were built on another machine: a child process tries them first. */
function tryElsewhere(file: string): string | null {
  const node = process.versions['electron'] === undefined ? process.execPath : process.env['COTO_NODE'];
  const isForeign = file.includes('app.asar.unpacked') || path.basename(path.dirname(file)) === system;
  return isForeign && node ? tryAddon(file, node) : null;
}

/** Candidate paths of the addon: configured, in the project's build, beside the bundle, or unpacked beside the archive. */
function places(): string[] {
  const own = process.env['COTO_NATIVE_ADDON'];
  if (own !== undefined) return [own];
  const folders: string[] = [];
  let folder = path.dirname(fileURLToPath(anchor()));
  for (let level = 0; level < 6; level++) {
    const native = path.join(folder, 'native');
    folders.push(native, path.join(native, system), path.join(folder, 'dist', 'native'));
    folder = path.dirname(folder);
  }
  return folders.map((candidate) => besideArchive(path.join(candidate, fileName)));
}

/** A failed build leaves its reason in a file beside the addon's path. */
function notBuilt(candidates: readonly string[]): string {
  for (const candidate of candidates) {
    const note = path.join(path.dirname(candidate), 'not-built.txt');
    if (existsSync(note)) return readFileSync(note, 'utf8').trim();
  }
  return 'The native addon is not built; `npm run build` does it where a C++ compiler and oneDNN are installed.';
}

/** A bundle in CommonJS form has no import.meta.url. */
function anchor(): string {
  return import.meta.url ?? pathToFileURL(process.argv[1] ?? process.execPath).href;
}
