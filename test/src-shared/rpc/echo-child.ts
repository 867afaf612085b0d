import { parentProcessChannel } from '../../../src-main/transport/child-process.ts';
import { utilityParentChannel, utilityParentPort } from '../../../src-main/transport/utility-process.ts';
import { serveEcho } from './echo-service.ts';

/** The echo service in a process of its own: forked by Node, or a utility process of Electron. */
const port = utilityParentPort();
const channel = port ? utilityParentChannel(port) : parentProcessChannel();
serveEcho(channel, () => process.kill(process.pid, 'SIGKILL'));
channel.onClose(() => process.exit(0));
