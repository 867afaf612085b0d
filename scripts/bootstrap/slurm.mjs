import { spawnSync } from 'node:child_process';
import { log } from './log.mjs';

/** Debian's packages by the programs that they bring. */
const tools = new Map([
  ['slurmctld', 'slurm-wlm'],
  ['slurmd', 'slurm-wlm'],
  ['sbatch', 'slurm-wlm'],
  ['parallel', 'parallel'],
  ['sshd', 'openssh-server'],
  ['ssh', 'openssh-client'],
  ['rsync', 'rsync'],
]);

/**
 * Slurm, GNU parallel and ssh for tests that start their own servers, by apt where these are missing: null, or the reason why
 * they cannot be had. No service is started.
 * @returns {string | null}
 */
export function ensureSlurm() {
  if (process.platform !== 'linux') return 'this is made for Linux only';
  if (process.getuid?.() !== 0) return 'nodes of Slurm are started by root';
  const missing = [...tools.keys()].filter((tool) => !isThere(tool));
  const packages = [...new Set(missing.flatMap((tool) => tools.get(tool) ?? []))];
  if (missing.length > 0 && isThere('apt-get')) {
    log(`installing ${packages.join(' and ')} with apt …`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]])
      spawnSync('apt-get', ['-qq', ...args], { stdio: ['ignore', 'ignore', 2], env, timeout: 5 * 60_000 });
  }
  const still = missing.filter((tool) => !isThere(tool));
  return still.length === 0 ? null : `install on Debian, as root and online: apt-get install ${packages.join(' ')}`;
}

/** @param {string} tool */
function isThere(tool) {
  return (
    spawnSync('sh', ['-c', `command -v ${tool} || command -v /usr/sbin/${tool}`], { stdio: 'ignore' }).status === 0
  );
}
