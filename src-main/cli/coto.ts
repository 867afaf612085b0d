import { errorText } from '../../src-shared/contract/errors.ts';
import { main } from './main.ts';
import { processTerminal } from './terminal.ts';

const failures: Error[] = [];
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that leaves, as `head` does, or a terminal that is closed wants no more of the output.
  if (error.code !== 'EPIPE' && error.code !== 'EIO') failures.push(error);
});
// Progress and warnings are worth less than the work: what standard error cannot take is dropped.
process.stderr.on('error', () => undefined);

const code = await main(process.argv.slice(2), processTerminal, process.env);
// Streams report their errors in a later turn.
await new Promise((resolve) => setImmediate(resolve));
const [failure] = failures;
if (failure !== undefined)
  processTerminal.report(
    `coto: Standard output could not be written, though the command has run to its end. ${errorText(failure)}\n`,
  );
process.exitCode = failure === undefined ? code : code || 1;
