import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { moduleHooks } from './module-hooks.ts';

/** As built it lies in app.asar.unpacked/dist/archive/, and lets the Node that imports it run what is in app.asar. */
const unpacked = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
registerHooks(moduleHooks(unpacked.replace(/\.unpacked$/, '')));
