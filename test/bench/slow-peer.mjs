// A peer of the bench that only says how long its steps took: float32 ten milliseconds, bfloat16 a minute. The steps that it is
// asked for are written beside the problem's file.
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

let loaded = { precision: '', exchange: '' };
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (request.do === 'load') loaded = request;
  const steps = request.do === 'time' ? request.masks.length : (request.count ?? 0);
  if (steps > 0) appendFileSync(`${loaded.exchange}.steps`, `${loaded.precision} ${steps}\n`);
  const milliseconds = new Array(steps).fill(loaded.precision === 'float32' ? 10 : 60_000);
  console.log(JSON.stringify({ version: 'none', threads: 1, milliseconds, losses: milliseconds.map(() => 1) }));
}
