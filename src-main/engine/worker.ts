import { parentPort } from 'node:worker_threads';
import { StudioError } from '../../src-shared/contract/errors.ts';
import { messagePortChannel } from '../transport/message-port.ts';
import { serveEngine } from './serve-engine.ts';

if (!parentPort) throw new StudioError('internal', 'The engine worker was started outside a worker thread.');
serveEngine(messagePortChannel(parentPort));
