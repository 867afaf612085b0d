import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './environment.ts';
import { homeFolder } from './studio.ts';

const cache = join(projectRoot, '.cache', 'demo-home');

/** A home with the runs, studies and the report of the quick demo. It is made once for a build, and copied for each use. */
export function demoHome(parent: string): string {
  const build = readFileSync(join(projectRoot, 'dist', '.stamp-main'), 'utf8').slice(0, 16);
  const made = join(cache, build);
  if (!existsSync(made)) {
    mkdirSync(cache, { recursive: true });
    for (const old of readdirSync(cache)) rmSync(join(cache, old), { recursive: true, force: true });
    const making = join(cache, 'making');
    const command = join(projectRoot, 'dist', 'cli', 'coto.mjs');
    execFileSync(process.execPath, [command, 'demo', '--quick', '--home', making], { stdio: 'pipe' });
    renameSync(making, made);
  }
  const home = homeFolder(parent);
  cpSync(made, home, { recursive: true });
  return home;
}
