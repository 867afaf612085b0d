import { parentProcessChannel } from '../transport/child-process.ts';
import { serveEngine } from './serve-engine.ts';

/** The engine in its own process, for backends whose driver could crash the app. Exits with its parent. */
const channel = parentProcessChannel();
channel.onClose(() => process.exit(0));
// Ctrl+C reaches the whole process group; the parent pauses the run and ends this process itself.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);
serveEngine(channel);
