import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { moduleHooks } from './module-hooks.ts';

/** The built file is app.asar.unpacked/dist/archive/. Importing it lets Node run the modules in app.asar. */
const unpacked = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
registerHooks(moduleHooks(unpacked.replace(/\.unpacked$/, '')));
