import { join, sep } from 'node:path';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { type PathGrant, type PathUse, parsePathToken, pathLabel } from '../../src-shared/contract/paths.ts';
import { isInside } from './inside.ts';

/** The paths that the person chose in this session. */
export class PathGrants {
  private readonly grants = new Map<string, PathGrant>();

  add(grant: PathGrant): void {
    this.grants.set(grant.secret, grant);
  }

  list(): readonly PathGrant[] {
    return [...this.grants.values()];
  }

  /** Returns true if the user chose `path`, or a folder above it, for this use. */
  covers(path: string, use: PathUse): boolean {
    return this.list().some((grant) => grant.use === use && isInside(grant.path, path));
  }

  /**
   * The path that a token stands for, or a path below it where something is appended to the token; null: it is no token.
   * @throws StudioError refused for a token that was not given out, or that leads out of its folder
   */
  resolve(text: string): string | null {
    const token = parsePathToken(text);
    if (token === null) return null;
    const grant = this.grants.get(token.secret);
    const rest = grant && token.path.startsWith(grant.path) ? token.path.slice(grant.path.length) : null;
    const isBelow = rest !== null && (rest === '' || /^[\\/]/.test(rest) || grant?.path.endsWith(sep));
    if (!isBelow || rest.split(/[\\/]/).includes('..'))
      throw new StudioError('refused', `${pathLabel(text)} was not chosen in this window.`, 'Choose it again.');
    // The window appends with slashes, also on Windows.
    return rest === '' ? token.path : join(token.path.slice(0, -rest.length), rest);
  }

  /** The value with the path in place of every token, in lists and objects too. */
  resolveAll(value: unknown): unknown {
    if (typeof value === 'string') return this.resolve(value) ?? value;
    if (Array.isArray(value)) return value.map((entry) => this.resolveAll(entry));
    if (!isPlainObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, this.resolveAll(entry)]));
  }
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
