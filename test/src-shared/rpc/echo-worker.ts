import { parentPort } from 'node:worker_threads';
import { messagePortChannel } from '../../../src-main/transport/message-port.ts';
import { serveEcho } from './echo-service.ts';

if (!parentPort) throw new Error('not in a worker');
serveEcho(messagePortChannel(parentPort), () => process.exit(3));
