import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { type PathGrant, type PathUse, pathToken } from '../../src-shared/contract/paths.ts';
import { isInside } from '../files/inside.ts';
import { PathGrants } from '../files/path-grants.ts';

/** Types that the system may open: documents only, nothing that would be executed. */
const openedExtensions: ReadonlySet<string> = new Set(['.html', '.csv', '.json', '.png', '.pdf', '.svg']);

interface ChosenPathsOptions {
  readonly home: string;
  onGrant(grant: PathGrant): void;
}

/** The paths of the person: those chosen in dialogs and dropped, given to the window as tokens, and those it may show. */
export class ChosenPaths {
  /** Models and datasets that the backend knows, outside the home. */
  known: readonly string[] = [];
  private readonly home: string;
  private readonly onGrant: (grant: PathGrant) => void;
  private readonly given = new PathGrants();

  constructor({ home, onGrant }: ChosenPathsOptions) {
    this.home = home;
    this.onGrant = onGrant;
  }

  get grants(): readonly PathGrant[] {
    return this.given.list();
  }

  /** The token of a path that the person chose just now. */
  token(path: string, use: PathUse): string {
    const before = this.grants.find((grant) => grant.path === path && grant.use === use);
    if (before) return pathToken(before);
    const grant = { secret: randomBytes(16).toString('base64url'), path, use };
    this.given.add(grant);
    this.onGrant(grant);
    return pathToken(grant);
  }

  /** A path to be marked in the file manager, which opens nothing. @throws StudioError refused, not_found */
  async toShow(pathOrToken: string): Promise<string> {
    const path = this.given.resolve(pathOrToken) ?? pathOrToken;
    const mayShow =
      this.isOwn(path) || this.given.covers(path, 'read') || this.known.some((root) => isInside(root, path));
    await this.require(path, mayShow);
    return path;
  }

  /** A path to be opened by the system's own program. @throws StudioError refused, not_found */
  async toOpen(pathOrToken: string): Promise<string> {
    const path = this.given.resolve(pathOrToken) ?? pathOrToken;
    const isFolder = await this.require(path, this.isOwn(path));
    // On macOS a folder with an extension can be a program.
    const extension = extname(path).toLowerCase();
    if (isFolder ? process.platform === 'darwin' && extension !== '' : !openedExtensions.has(extension))
      throw new StudioError('refused', `${path} is not opened from the window.`, 'Open it in the file manager.');
    return path;
  }

  /** Returns true if the app wrote the file: it is in the home, or was saved in this session. */
  private isOwn(path: string): boolean {
    return isInside(this.home, path) || this.given.covers(path, 'write');
  }

  /** Returns true for a folder. */
  private async require(path: string, isAllowed: boolean): Promise<boolean> {
    if (!isAllowed) throw new StudioError('refused', `${path} is neither of the studio nor was it chosen.`);
    const found = await stat(resolve(path)).catch(() => null);
    if (found === null) throw new StudioError('not_found', `${path} no longer exists.`);
    return found.isDirectory();
  }
}
