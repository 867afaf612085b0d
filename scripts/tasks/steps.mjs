import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { modules, root } from '../bootstrap/paths.mjs';

export const tools = {
  biome: join(modules, '@biomejs/biome/bin/biome'),
  tsc: join(modules, 'typescript/bin/tsc'),
  depcruise: join(modules, 'dependency-cruiser/bin/dependency-cruiser.mjs'),
  knip: join(modules, 'knip/bin/knip.js'),
  vitest: join(modules, 'vitest/vitest.mjs'),
};

/**
 * @typedef {object} RunOptions
 * @property {Record<string, string>} [env] besides this process's own
 * @property {string} [cwd] the project's root where it is left out
 */

/**
 * Runs a script on this very Node and answers its exit code.
 * @param {string} script
 * @param {string[]} args
 * @param {RunOptions} options
 */
export function runNode(script, args = [], options = {}) {
  return run(process.execPath, [script, ...args], options);
}

/**
 * Runs a program and answers its exit code.
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} options
 * @returns {Promise<number>}
 */
export function run(command, args, { env = {}, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: 'inherit', env: { ...process.env, ...env } });
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => child.kill(signal);
    const ignore = () => undefined;
    process.on('SIGTERM', pass).on('SIGINT', ignore);
    child.once('error', reject);
    child.once('exit', (code) => {
      process.off('SIGTERM', pass).off('SIGINT', ignore);
      resolve(code ?? 1);
    });
  });
}

/**
 * Runs named steps in turn; prints how long each took and ends the process at the first that fails.
 * @param {[name: string, step: () => number | Promise<number>][]} steps each answers an exit code
 */
export async function runSteps(steps) {
  for (const [name, step] of steps) {
    const started = Date.now();
    const code = await step();
    process.stderr.write(
      `[studio] ${name}: ${code === 0 ? 'passed' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(1)} s)\n`,
    );
    if (code !== 0) process.exit(code);
  }
}
