import { join } from 'node:path';
import { youngGenerationFlag } from '../../src-main/transport/heap-limits.ts';
import { root } from '../bootstrap/paths.mjs';

/**
 * Arguments for Node to run `coto`. Its backend, in the same process, has the same young generation as the window's.
 */
export const cotoCommand = [youngGenerationFlag, join(root, 'dist', 'cli', 'coto.mjs')];
