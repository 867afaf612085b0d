import type { StudioClient } from '../../src-shared/contract/studio-client.ts';

/** Matches the maximum number of buckets in an answer, so that every value is unmerged. */
const stepsAtOnce = 65_536;

export interface MetricRow {
  readonly name: string;
  readonly step: number;
  readonly value: number;
}

/** Every recorded value of a run, by metric and step, however many there are: at most 65,536 are held at once. */
export async function* metricRows(client: StudioClient, id: string): AsyncGenerator<MetricRow> {
  for (const { name, firstStep, lastStep } of await client.request('runs.metrics', { id }))
    for (let from = firstStep; from <= lastStep; from += stepsAtOnce) {
      const to = from + stepsAtOnce - 1;
      const { steps, mean } = await client.request('runs.curve', { id, metric: name, from, to, buckets: stepsAtOnce });
      for (let index = 0; index < steps.length; index++)
        yield { name, step: steps[index] ?? 0, value: mean[index] ?? 0 };
    }
}

/** A JSON document of `head`, the rows as `metrics`, and `tail`, in pieces. */
export async function* jsonWithMetrics(
  head: object,
  rows: AsyncIterable<MetricRow>,
  tail: object,
): AsyncGenerator<string> {
  yield `{\n${fields(head)},\n  "metrics": [`;
  let separator = '';
  let piece: string[] = [];
  for await (const row of rows) {
    piece.push(`${separator}\n    ${JSON.stringify(row)}`);
    separator = ',';
    if (piece.length === 1000) {
      yield piece.join('');
      piece = [];
    }
  }
  yield `${piece.join('')}\n  ],\n${fields(tail)}\n}\n`;
}

/** The fields of an object as printed in a document, without its braces. */
function fields(value: object): string {
  return JSON.stringify(value, null, 2).split('\n').slice(1, -1).join('\n');
}
