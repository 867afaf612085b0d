import { clangFormat } from '../bootstrap/clang-format.mjs';
import { runNode, runSteps, tools } from './steps.mjs';

// Formats and sorts imports in place, all that the lint would ask for and can be done safely.
await runSteps([
  ['biome', () => runNode(tools.biome, ['check', '--write'])],
  ['clang-format', () => clangFormat(['-i'])],
]);
