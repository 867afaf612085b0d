import { runNode, tools } from './steps.mjs';

process.exit(await runNode(tools.tsc, ['--noEmit', '-p', '.']));
