import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';

/** Fuses that electron-builder has no setting for, and why Electron's default is right. */
export const defaultFuses = {
  wasmTrapHandlers: 'WebAssembly computes without a check of bounds at each access; it is as safe without the handlers',
};

/** Names of all fuses as electron-builder.yml spells them, by their position in the binary. */
export const fuseNames = Object.entries(FuseV1Options)
  .filter(([, position]) => typeof position === 'number')
  .map(([name, position]) => ({ name: name.charAt(0).toLowerCase() + name.slice(1), position: Number(position) }));

/**
 * Compares the fuses of an Electron binary with the settings in electron-builder.yml. A fuse that the binary is too old for is
 * skipped.
 * @param {string} binary
 * @param {Record<string, unknown>} settings
 * @returns {Promise<string[]>} one sentence for each fuse without a setting or in another state
 */
export async function wrongFuses(binary, settings) {
  /** @type {Record<string, unknown>} */
  const wire = Object.fromEntries(Object.entries(await getCurrentFuseWire(binary)));
  return fuseNames.flatMap(({ name, position }) => {
    if (name in defaultFuses) return [];
    const wanted = settings[name];
    if (typeof wanted !== 'boolean') return [`the fuse ${name} has no setting in electron-builder.yml`];
    const state = wire[String(position)];
    if (state === undefined || state === FuseState.REMOVED) return [];
    if (state === (wanted ? FuseState.ENABLE : FuseState.DISABLE)) return [];
    return [`the fuse ${name} is not ${wanted ? 'on' : 'off'} in ${binary}`];
  });
}
