import { createBackend, startEngine } from '../../src-main/backend/index.ts';
import { parentProcessChannel } from '../../src-main/transport/child-process.ts';
import { events } from '../../src-shared/contract/events.ts';
import { requests } from '../../src-shared/contract/requests.ts';
import { serve } from '../../src-shared/rpc/serve.ts';
import { heldByThreads } from './soak-memory.ts';

/** The backend in a process of its own, as under the window, with the paths that a command may name. Arguments: the home, the resources. */
const channel = parentProcessChannel();
const [, , home = '', resourcesDirectory = ''] = process.argv;
const backend = await createBackend({ home, resourcesDirectory, startEngine });
const server = serve(channel, { requests, events }, (name, input) => backend.dispatch(name, input));
backend.subscribe((name, payload) => server.emit(name, payload));
channel.onClose(() => void backend.close(0).then(() => process.exit(0)));
process.on('message', async (message) => {
  if (message === 'held?') process.send?.({ held: await heldByThreads() });
});
process.send?.({ ready: true });
