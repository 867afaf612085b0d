import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { StudioError } from '../../../../../src-shared/contract/errors.ts';

/**
 * Runs while no other process of this machine runs with the same folder. The name is of Linux's abstract sockets, which end with
 * their process: a killed one leaves nothing locked.
 * @throws StudioError refused while another does
 */
export async function oneAtATime<Result>(folder: string, run: () => Promise<Result>): Promise<Result> {
  const lock = createServer().unref();
  lock.listen(`\0coto-studio-${createHash('sha256').update(folder).digest('hex')}`);
  try {
    await once(lock, 'listening');
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE')) throw thrown;
    throw new StudioError(
      'refused',
      'libtensorflow is being set up by another program: the window, or a command.',
      'Wait until it is done, or cancel it there.',
    );
  }
  try {
    return await run();
  } finally {
    lock.close();
  }
}
