import { StudioError, toErrorValue } from '../../src-shared/contract/errors.ts';
import { recoveryWaySchema } from '../../src-shared/contract/recovery-way.ts';
import { contract } from '../../src-shared/contract/studio-client.ts';
import type { Channel } from '../../src-shared/rpc/channel.ts';
import { helloMessage, isShutdown, knownPathsMessage, parseGrant } from '../../src-shared/rpc/hello.ts';
import { serve } from '../../src-shared/rpc/serve.ts';
import { PathGrants } from '../files/path-grants.ts';
import { parentProcessChannel } from '../transport/child-process.ts';
import { utilityParentChannel, utilityParentPort } from '../transport/utility-process.ts';
import { startEngine } from './engine/engine-host.ts';
import { createBackend } from './index.ts';

/**
 * Time for a running training to save its progress where the user quits: one step of a large model can take this long.
 * The shell ends the backend sooner where the system asks it to.
 */
const quitMilliseconds = 60_000;

/** The backend as a process of its own, started by the shell: in a utility process, or forked on another Node. */
const port = utilityParentPort();
const channel = port ? utilityParentChannel(port) : parentProcessChannel();

// Ctrl+C, and the end of a terminal, reach the whole process group; the shell then asks for a shutdown, so that files are closed in order.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);

try {
  await begin(channel);
} catch (thrown) {
  channel.post(helloMessage({ ready: false, error: toErrorValue(thrown) }));
  // The message must be sent before the process ends.
  setTimeout(() => process.exit(1), 250);
}

async function begin(wire: Channel): Promise<void> {
  const home = process.env['COTO_STUDIO_HOME'];
  const resourcesDirectory = process.env['COTO_STUDIO_RESOURCES'];
  if (!home || !resourcesDirectory) throw new StudioError('internal', 'The backend was started without its folders.');
  const grants = new PathGrants();
  const recovery = recoveryWaySchema.optional().parse(process.env['COTO_STUDIO_RECOVERY'] || undefined);
  const backend = await createBackend({
    home,
    resourcesDirectory,
    startEngine,
    grants,
    ...(recovery === undefined ? {} : { recovery }),
  });
  const server = serve(wire, contract, async (name, input) => backend.dispatch(name, grants.resolveAll(input)), {
    onFault: (error) => backend.log.error({ err: error }, 'a message to the window was lost'),
  });
  process.on('uncaughtExceptionMonitor', (error) => backend.log.fatal({ err: error }, 'the backend ends by an error'));
  const tellPaths = (): void => wire.post(knownPathsMessage(backend.knownPaths()));
  backend.subscribe((name, payload) => server.emit(name, payload));
  backend.on('list.changed', ({ list }) => {
    if (list === 'models' || list === 'datasets' || list === 'adapters') tellPaths();
  });

  let ending = false;
  const end = async (graceMilliseconds?: number): Promise<void> => {
    if (ending) return;
    ending = true;
    await backend.close(graceMilliseconds);
    process.exit(0);
  };
  wire.on((message) => {
    if (isShutdown(message)) void end(quitMilliseconds);
    const grant = parseGrant(message);
    if (grant !== null) grants.add(grant);
  });
  wire.onClose(() => void end());
  process.on('SIGTERM', () => void end());
  wire.post(helloMessage({ ready: true }));
  tellPaths();
}
