import { spawnSync } from 'node:child_process';
import { log } from './log.mjs';

/**
 * Installs Debian's packages whose programs are missing, as root. Returns null, or the reason why one is still missing.
 * @param {ReadonlyMap<string, string>} tools packages by the programs that they bring
 * @param {{ size?: string, timeout?: number }} [options] what is downloaded, and the milliseconds that apt may take
 * @returns {string | null}
 */
export function ensureDebianTools(tools, { size, timeout } = {}) {
  const missing = [...tools.keys()].filter((tool) => !isThere(tool));
  const packages = missing.flatMap((tool) => tools.get(tool) ?? []);
  if (missing.length > 0 && process.getuid?.() === 0 && isThere('apt-get')) {
    log(`installing ${packages.join(' and ')} with apt${size === undefined ? '' : ` (${size})`} …`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]])
      spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 'ignore', 2], env, timeout });
  }
  return missing.every(isThere) ? null : `install on Debian, as root and online: apt-get install ${packages.join(' ')}`;
}

/** @param {string} program */
function isThere(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}
