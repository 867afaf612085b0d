import { join } from 'node:path';
import { runNode, tools } from './steps.mjs';

// usage: npm run check:locales
// Missing keys of a locale by its types, then parameters, names, lengths and texts left in English.
const types = await runNode(tools.tsc, ['--noEmit', '-p', join('src-renderer')]);
const words = await runNode(tools.vitest, ['run', '--project', 'unit-window', 'test/src-renderer/strings']);
process.exit(types || words);
