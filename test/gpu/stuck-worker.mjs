// Answers as the process of `coto doctor --gpu` does: at once, slowly with signs of life, never, or by its end.
import { createInterface } from 'node:readline';

/** @param {object} value */
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const { do: what } = JSON.parse(line);
  if (what === 'answer') say({ process: process.pid });
  if (what === 'slow') setInterval(() => say({ alive: true }), 100);
  if (what === 'refuse') say({ error: 'A tensor does not fit.', code: 'out_of_memory' });
  if (what === 'hang') for (;;);
  if (what === 'crash') process.kill(process.pid, 'SIGABRT');
}
