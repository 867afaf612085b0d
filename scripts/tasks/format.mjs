import { runNode, tools } from './steps.mjs';

// Formats and sorts imports in place, all that the lint would ask for and can be done safely.
process.exit(await runNode(tools.biome, ['check', '--write']));
