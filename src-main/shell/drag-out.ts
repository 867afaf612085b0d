import { constants, mkdtempSync, rmSync, statSync } from 'node:fs';
import { cp, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, extname, join } from 'node:path';
import type { DraggedItem } from '../../src-shared/contract/bridge.ts';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { isInside } from '../files/inside.ts';
import { plainName } from './plain-name.ts';

/** Kinds of files that are dragged out; none of them is a program. */
const extensions: ReadonlySet<string> = new Set(['.png', '.svg', '.pdf', '.csv']);
/** Start of a binary file's data URL. */
const urlPrefixes: ReadonlyMap<string, string> = new Map([
  ['.png', 'data:image/png;base64,'],
  ['.pdf', 'data:application/pdf;base64,'],
]);
/** A larger adapter would take longer to copy than a drag lasts. */
const maxAdapterBytes = 2 ** 30;
/** Time for another program to read what was dropped on it. */
const keptMilliseconds = 10 * 60_000;

/**
 * Writes what is dragged out of the window to temporary files: the system needs a file, and another program may move it.
 * They are removed a while after the drag, and when the app ends.
 */
export class DraggedFiles {
  private readonly home: string;
  private folder: string | null = null;
  private count = 0;

  constructor(home: string) {
    this.home = home;
  }

  /** Writes one item and returns its path. @throws StudioError refused, not_found, invalid_input */
  async write(item: DraggedItem): Promise<string> {
    this.folder ??= mkdtempSync(join(tmpdir(), 'coto-drag-'));
    const own = join(this.folder, String(this.count++));
    await mkdir(own);
    setTimeout(() => rmSync(own, { recursive: true, force: true }), keptMilliseconds).unref();
    const target = join(own, plainName(item.name));
    if (item.kind === 'adapter') await this.copyAdapter(item.folder, target);
    else await writeFile(target, contentOf(item));
    return target;
  }

  /** Removes all of them. */
  clear(): void {
    if (this.folder !== null) rmSync(this.folder, { recursive: true, force: true });
    this.folder = null;
  }

  private async copyAdapter(folder: string, target: string): Promise<void> {
    const adapters = join(this.home, 'adapters');
    const source = join(this.home, folder);
    if (!isInside(adapters, source) || isInside(source, adapters))
      throw new StudioError('refused', `${folder} is no adapter of the studio.`);
    if (!statSync(source, { throwIfNoEntry: false })?.isDirectory())
      throw new StudioError('not_found', `${source} no longer exists.`);
    const files = await readdir(source, { withFileTypes: true });
    const plain = files.filter((file) => file.isFile() && !file.name.startsWith('.')).map(({ name }) => name);
    const sizes = await Promise.all(plain.map(async (name) => (await stat(join(source, name))).size));
    if (sizes.reduce((sum, size) => sum + size, 0) > maxAdapterBytes)
      throw new StudioError(
        'refused',
        `${basename(target)} is larger than 1 GiB and is not copied by dragging.`,
        'Choose Export instead.',
      );
    await mkdir(target);
    for (const name of plain) await cp(join(source, name), join(target, name), { mode: constants.COPYFILE_FICLONE });
  }
}

function contentOf({ name, content }: Extract<DraggedItem, { kind: 'file' }>): string | Uint8Array {
  const extension = extname(plainName(name)).toLowerCase();
  if (!extensions.has(extension))
    throw new StudioError('refused', `${name} is not dragged out. Drag a PNG, an SVG, a PDF or a CSV.`);
  const prefix = urlPrefixes.get(extension);
  if (prefix === undefined) return content;
  if (!content.startsWith(prefix))
    throw new StudioError('invalid_input', `The content of ${name} is no ${extension.slice(1).toUpperCase()}.`);
  return Buffer.from(content.slice(prefix.length), 'base64');
}
