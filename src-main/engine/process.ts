import { parentProcessChannel } from '../transport/child-process.ts';
import { serveEngine } from './serve-engine.ts';

/** The engine as a process of its own, for backends whose driver must not take the studio down. Ends with its parent. */
const channel = parentProcessChannel();
channel.onClose(() => process.exit(0));
// Ctrl+C reaches the whole process group; the parent pauses the run and ends this process itself.
process.on('SIGINT', () => undefined);
serveEngine(channel);
