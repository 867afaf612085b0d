import { join } from 'node:path';
import { youngGenerationFlag } from '../../src-main/transport/heap-limits.ts';
import { root } from '../bootstrap/paths.mjs';

/** What Node is given to run `coto`: its backend, which is in the same process, has the young generation of the window's. */
export const cotoCommand = [youngGenerationFlag, join(root, 'dist', 'cli', 'coto.mjs')];
