import { slurm } from './slurm.ts';
import { ssh } from './ssh.ts';
import type { Target } from './target.ts';

/** Every target, in the order in which lists show them. */
export const targets: readonly Target[] = [slurm, ssh];
