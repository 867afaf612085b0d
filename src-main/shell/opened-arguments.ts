import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { App } from 'electron';
import { linkScheme, routeOfLink } from '../../src-shared/links.ts';
import { openedEndings } from '../../src-shared/opened-files.ts';

/** A link or a file with which the system started the app. */
export type Opened =
  | { readonly kind: 'link'; readonly route: string }
  | { readonly kind: 'file'; readonly path: string };

/**
 * Finds the first link or file among a command line's arguments. Only files whose ending the app opens count: the first
 * arguments are the program and, from the sources, the folder of the app.
 * @param folder where relative paths begin
 */
export function openedArgument(args: readonly string[], folder: string): Opened | null {
  for (const text of args.slice(1)) {
    if (text.startsWith('-')) continue;
    if (text.startsWith(`${linkScheme}:`)) {
      const route = routeOfLink(text);
      if (route !== null) return { kind: 'link', route };
      continue;
    }
    const path = resolve(folder, text);
    const isOpened = openedEndings.some((ending) => path.toLowerCase().endsWith(ending));
    if (isOpened && statSync(path, { throwIfNoEntry: false })?.isFile()) return { kind: 'file', path };
  }
  return null;
}

/** Passes on what the system opens with the app; what comes before there is a window is its first page. */
export class OpenedItems {
  private first: Opened | null = null;
  private show: ((opened: Opened) => void) | null = null;

  add(opened: Opened | null): void {
    if (opened === null) return;
    if (this.show === null) this.first = opened;
    else this.show(opened);
  }

  /** Calls `show` with everything from now on. Returns what came before. */
  follow(show: (opened: Opened) => void): Opened | null {
    this.show = show;
    return this.first;
  }

  /** Listens for macOS' events, which come also before the app is ready, and registers the scheme of links. */
  listen(app: App): void {
    app.on('open-file', (event, path) => {
      event.preventDefault();
      this.add({ kind: 'file', path });
    });
    app.on('open-url', (event, link) => {
      event.preventDefault();
      const route = routeOfLink(link);
      if (route !== null) this.add({ kind: 'link', route });
    });
    // Packages of Linux and macOS declare the scheme; Windows' app registers it itself.
    if (app.isPackaged && process.platform === 'win32') app.setAsDefaultProtocolClient(linkScheme);
  }
}
