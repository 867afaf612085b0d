import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { log } from './log.mjs';

const driverFolders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];

/**
 * Sees to a Vulkan driver for the tests of the WebGPU backend: without a graphics card, Mesa's, which computes on the
 * processor. If it cannot be installed, those tests are skipped with a message. Linux only; the app itself never needs
 * it.
 */
export function ensureVulkanForTests() {
  if (process.platform !== 'linux' || driverFolders.some(hasDriver)) return;
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) {
    log('no Vulkan driver: the tests of WebGPU are skipped (on Debian or Ubuntu: apt-get install mesa-vulkan-drivers)');
    return;
  }
  log('installing a Vulkan driver for the tests of WebGPU with apt …');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'mesa-vulkan-drivers', 'libvulkan1'],
  ]) {
    const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 2], env });
    if (status !== 0) log(`apt-get ${args[0]} failed: the tests of WebGPU may be skipped`);
  }
}

/** @param {string} folder */
function hasDriver(folder) {
  return existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.json'));
}
