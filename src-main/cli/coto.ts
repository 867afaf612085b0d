import { main } from './main.ts';
import { processTerminal } from './terminal.ts';

// A reader that leaves, as `head` does, or a terminal that is closed ends the output but not the work.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });

process.exitCode = await main(process.argv.slice(2), processTerminal, process.env);
