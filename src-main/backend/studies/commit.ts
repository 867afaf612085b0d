import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** The folder of package.json. A built file knows its commit and does not look. */
const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '');
const limits = { timeout: 5000, cwd: root, encoding: 'utf8' } as const;

/** Put in by the build: a checkout may go on to other commits while what was built of it runs. Sources have none. */
declare const BUILD_COMMIT: string | null | undefined;

let known: Promise<string | null> | null = null;

/** The commit of the code that runs, with "+ changes" where tracked files differed; null outside a checkout of its own. */
export function sourceCommit(): Promise<string | null> {
  known ??= typeof BUILD_COMMIT === 'undefined' ? readCommit() : Promise.resolve(BUILD_COMMIT ?? null);
  return known;
}

/** The commit of the checkout as it is now. */
export async function readCommit(): Promise<string | null> {
  try {
    const { stdout: found } = await run('git', ['rev-parse', '--show-toplevel', 'HEAD'], limits);
    const [folder, commit] = found.trim().split('\n');
    // A packaged app may lie inside someone's repository.
    if (folder !== root || commit === undefined) return null;
    const { stdout: changes } = await run('git', ['status', '--porcelain', '--untracked-files=no'], limits);
    return changes.trim() === '' ? commit : `${commit} + changes`;
  } catch {
    return null;
  }
}
