import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from '../scripts/bootstrap/dependencies.mjs';
import { log } from '../scripts/bootstrap/log.mjs';
import { cacheFolder } from '../scripts/bootstrap/paths.mjs';

const version = '3.22.1';
const systems = new Map([
  ['linux-x64', 'linux-x64'],
  ['linux-arm64', 'linux-arm64'],
  ['darwin-arm64', 'mac-arm64-metal'],
  ['darwin-x64', 'mac-x64'],
  ['win32-x64', 'win-x64'],
  ['win32-arm64', 'win-arm64'],
]);

/** The folder of node-llama-cpp with llama.cpp for the processor, installed into the cache folder once, without its scripts. */
export function ensureLlama() {
  const system = systems.get(`${process.platform}-${process.arch}`);
  if (system === undefined) throw new Error(`node-llama-cpp has no binary for ${process.platform} ${process.arch}.`);
  const folder = join(cacheFolder(), `node-llama-cpp-${version}`);
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return folder;
  log(`installing node-llama-cpp for the comparison into ${folder} (85 MB, once)`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const packages = [`node-llama-cpp@${version}`, `@node-llama-cpp/${system}@${version}`];
  runNpm(['install', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', ...packages], folder);
  writeFileSync(complete, '');
  return folder;
}
