import { main } from './main.ts';
import { processTerminal } from './terminal.ts';

// A reader that leaves, as `head` does, ends the output but not the work.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

process.exitCode = await main(process.argv.slice(2), processTerminal, process.env);
