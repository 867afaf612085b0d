import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { log } from './log.mjs';
import { cacheFolder } from './paths.mjs';

/** Version of node-llama-cpp, and of the package with its binaries for this system. */
const version = '3.22.1';
/** Names the folder for the tests; it may name one that is there already. */
export const llamaCppVariable = 'COTO_LLAMA_CPP';
const timeout = 15 * 60_000;

/**
 * A folder with llama.cpp for Node, installed by npm where it is missing: `{ folder }`, or `{ reason }` why there is none.
 * @returns {{ folder: string } | { reason: string }}
 */
export function ensureLlamaCpp() {
  const named = process.env[llamaCppVariable];
  if (named) return { folder: named };
  if (process.platform !== 'linux') return { reason: 'its binaries are installed on Linux only.' };
  const folder = join(cacheFolder(), 'real', `node-llama-cpp-${version}`);
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return { folder };
  log(`fetching llama.cpp for the tests into ${folder} (30 MB, once)`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  // Without the optional packages: they are the binaries for all other systems and devices.
  const names = ['node-llama-cpp', `@node-llama-cpp/linux-${process.arch}`].map((name) => `${name}@${version}`);
  const options = ['--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', ['install', ...options, ...names], { cwd: folder, stdio: 'ignore', timeout });
  if (status !== 0) return { reason: "npm's registry does not give out node-llama-cpp." };
  writeFileSync(complete, '');
  return { folder };
}
