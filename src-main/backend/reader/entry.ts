import { parentPort } from 'node:worker_threads';
import { parentProcessChannel } from '../../transport/child-process.ts';
import { messagePortChannel } from '../../transport/message-port.ts';
import { serveReader } from './serve-reader.ts';

/** Reads files of others in a process of its own, which ends with its parent; in a thread where no Node can run one. */
const channel = parentPort === null ? parentProcessChannel() : messagePortChannel(parentPort);
channel.onClose(() => process.exit(0));
// Ctrl+C reaches the whole process group; the parent ends this process itself.
process.on('SIGINT', () => undefined);
serveReader(channel);
