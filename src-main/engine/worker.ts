import { MessagePort, parentPort, workerData } from 'node:worker_threads';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { messagePortChannel } from '../transport/message-port.ts';
import { serveEngine } from './serve-engine.ts';

if (!parentPort) throw new StudioError('internal', 'The engine worker was started outside a worker thread.');
const port = parentPort;
serveEngine(messagePortChannel(port));
// The owner of the engine closes this port to end the thread.
const lifeline: unknown = Reflect.get(Object(workerData), 'lifeline');
if (lifeline instanceof MessagePort) {
  lifeline.once('close', () => port.close());
  lifeline.unref();
}
