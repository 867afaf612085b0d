import { createHash } from 'node:crypto';
import fs, { openSync, readFileSync, readSync } from 'node:fs';
import { createRequire, isBuiltin, type RegisterHooksOptions } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type ArchivedFile, readArchiveHeader } from './header.ts';

/** Modules whose text is compared with the archive's hashes. */
const formats: Readonly<Record<string, string>> = { mjs: 'module', cjs: 'commonjs', json: 'json' };
const code = /\.([cm]?js|json)$/;

/**
 * Hooks that let a plain Node run modules inside an archive, which only Electron can read by itself. A module's bytes are
 * what the archive's header has a hash of, or it is not run; so are those of the packages beside the archive.
 * @param archive path of app.asar
 */
export function moduleHooks(archive: string): Required<Pick<RegisterHooksOptions, 'resolve' | 'load'>> {
  const files = readArchiveHeader(archive, fs);
  // Open as long as the process: modules are loaded one by one.
  const opened = openSync(archive, 'r');
  const [inside, beside] = [folderUrl(archive), folderUrl(`${archive}.unpacked`)];
  const nameIn = (folder: string, url: string): string | null =>
    url.startsWith(folder) ? decodeURIComponent(url.slice(folder.length)) : null;

  return {
    resolve(specifier, context, next) {
      const parent = context.parentURL;
      if (isBuiltin(specifier)) return next(specifier, context);
      const url = fileUrl(specifier, parent);
      if (url === null) {
        if (!parent?.startsWith(inside)) return next(specifier, context);
        // The packages are beside the archive.
        const from = parent.replace(inside, beside);
        if (context.conditions.includes('import')) return next(specifier, { ...context, parentURL: from });
        return { url: pathToFileURL(createRequire(from).resolve(specifier)).href, shortCircuit: true };
      }
      const name = nameIn(inside, url);
      if (name === null) return next(specifier, context);
      const file = files.get(name);
      if (file === undefined) throw new Error(`${archive} has no ${name}.`);
      return { url: file.isBeside ? url.replace(inside, beside) : url, shortCircuit: true };
    },

    load(url, context, next) {
      const name = nameIn(inside, url);
      if (name !== null) {
        const file = files.get(name);
        if (file === undefined) throw new Error(`${archive} has no ${name}.`);
        const source = verified(name, bytesOf(opened, file), file);
        // The app's own package.json says that its .js are modules.
        return { format: formats[name.split('.').at(-1) ?? ''] ?? 'module', source, shortCircuit: true };
      }
      const outside = nameIn(beside, url);
      if (outside !== null && code.test(outside))
        verified(outside, readFileSync(fileURLToPath(url)), files.get(outside));
      return next(url, context);
    },
  };
}

function folderUrl(path: string): string {
  return `${pathToFileURL(path).href}/`;
}

/** Null: it names a package. */
function fileUrl(specifier: string, parent: string | undefined): string | null {
  if (specifier.startsWith('file:')) return specifier;
  if (/^\.{0,2}\//.test(specifier) && parent?.startsWith('file:')) return new URL(specifier, parent).href;
  return null;
}

function bytesOf(archive: number, { start, size }: ArchivedFile): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  return bytes.subarray(0, readSync(archive, bytes, 0, size, start));
}

function verified(name: string, bytes: Buffer, file: ArchivedFile | undefined): Buffer {
  if (file === undefined || file.sha256 !== createHash('sha256').update(bytes).digest('hex'))
    throw new Error(`${name} is not the file that was installed with CoTo Studio. Install the app again.`);
  return bytes;
}
