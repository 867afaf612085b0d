import { resolve } from 'node:path';
import { StudioError, toErrorValue } from '../../../../src-shared/contract/errors.ts';
import { type HomeMoverMessage, homeMoverOrderSchema } from '../../../../src-shared/contract/home-move.ts';
import { locateHome } from '../../../files/home-place.ts';
import { parentProcessChannel } from '../../../transport/child-process.ts';
import { utilityParentChannel, utilityParentPort } from '../../../transport/utility-process.ts';
import { checkTarget, probeDisk } from './check-target.ts';
import { listHome, totalBytes } from './home-entries.ts';
import { moveHome } from './move-home.ts';

/**
 * Moves the home as a process of its own, started by the shell beside the backend: says what it would do, and does it when it is
 * told to, which is after the backend has closed the home.
 */
const port = utilityParentPort();
const channel = port ? utilityParentChannel(port) : parentProcessChannel();
const say = (message: HomeMoverMessage): void => channel.post(message);
const abort = new AbortController();

// The shell says what is done when the terminal is closed.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGTERM'] as const) process.on(signal, () => abort.abort());
channel.onClose(() => abort.abort());

const place = process.env['COTO_STUDIO_HOME'];
const folder = process.env['COTO_STUDIO_MOVE_TO'];
try {
  if (!place || !folder) throw new StudioError('internal', 'The move was started without its folders.');
  const agreed = Promise.withResolvers<boolean>();
  channel.on((message) => {
    const order = homeMoverOrderSchema.safeParse(message).data;
    if (order?.act === 'move') agreed.resolve(order.keep);
    if (order?.act === 'cancel') abort.abort();
  });
  say({ state: 'planned', ...(await planMove(place, folder)) });
  const keep = await agreed.promise;
  const { to } = await moveHome({
    place,
    folder,
    keep,
    signal: abort.signal,
    onProgress: (progress) => say({ state: 'moving', progress }),
  });
  end({ state: 'moved', to });
} catch (error) {
  end({ state: 'failed', error: toErrorValue(error) });
}

function end(message: HomeMoverMessage): void {
  say(message);
  // The message must be sent before the process ends.
  setTimeout(() => process.exit(0), 250);
}

/** Plans a move while the home is still open. @throws StudioError if the move is impossible */
async function planMove(
  place: string,
  folder: string,
): Promise<{ readonly from: string; readonly to: string; readonly bytes: number; readonly freeBytes: number }> {
  const from = resolve(locateHome(place));
  const bytes = totalBytes(await listHome(from));
  const { target, freeBytes, disk } = await checkTarget({ home: from, folder, bytes });
  probeDisk(disk);
  return { from, to: target, bytes, freeBytes };
}
