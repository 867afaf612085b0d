import type { RunReader } from './recorded-run.ts';
import { tensorboardReader } from './tensorboard.ts';
import { trackioReader } from './trackio.ts';
import { trainerStateReader } from './trainer-state.ts';

/** In the order in which they are asked: a folder is read in the first format that it has, not twice. */
export const runReaders: readonly RunReader[] = [tensorboardReader, trackioReader, trainerStateReader];
