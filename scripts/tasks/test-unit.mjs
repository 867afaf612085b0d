import { runNode, tools } from './steps.mjs';

// Runs the unit tests of the paths given, or all of them; Vitest's options are passed on.
process.exit(await runNode(tools.vitest, ['run', '--project', 'unit*', ...process.argv.slice(2)]));
