import type { Readable } from 'node:stream';

/** Limit for one line of a program's output. */
const longestLine = 4000;
/** Limit for one program: repeated driver messages must not push everything else out of the log. */
const maxLines = 2000;

/** Calls `tell` with each line that a program writes, up to the 2000th; the stream is always read to its end. */
export function followLines(stream: Readable, tell: (line: string) => void): void {
  let rest = '';
  let count = 0;
  const take = (line: string): void => {
    if (line.trim() === '' || count > maxLines) return;
    count++;
    tell(count > maxLines ? 'Its further output is left out.' : line.slice(0, longestLine).trimEnd());
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
    if (rest.length <= longestLine) return;
    take(rest);
    rest = '';
  });
  stream.on('end', () => take(rest));
  // A pipe that breaks shows as the end of the program, which whoever started it is told of.
  stream.on('error', () => undefined);
}
