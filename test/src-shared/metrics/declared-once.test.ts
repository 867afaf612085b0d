import { expect, test } from 'vitest';
import { metricIds } from '../../../src-shared/metrics/index.ts';
import { evaluationName } from '../../../src-shared/metrics/recorded.ts';
import { appSources, literalsOf } from '../../docs/id-literals.ts';

/** Literals that are equal to a metric's id and mean something else. This list may only shrink. */
const exceptions: readonly string[] = [
  // lm-eval's names of its own metrics and aggregations, as task files have them.
  'src-main/engine/benchmarks/metrics/aggregations.ts: perplexity',
  'src-main/engine/benchmarks/metrics/index.ts: exact_match',
  'src-main/engine/benchmarks/metrics/index.ts: perplexity',
  // A tensor of the backward pass.
  'src-main/engine/compute/webgpu/replay/roles.ts: loss',
  // A flag of messages that other programs write.
  'src-main/engine/data/text/messages.ts: loss',
  // A merge method's kind of data.
  'src-main/engine/merge/merge-method.ts: loss',
  'src-main/engine/merge/methods/adamerging.ts: loss',
  'src-main/engine/merge/methods/lorahub.ts: loss',
  'src-main/engine/merge/methods/ziplora.ts: loss',
  // The quantity that diverged, in a message.
  'src-main/engine/training/training-step.ts: loss',
  // A search word of a page.
  'src-renderer/strings/app.ts: loss',
  // The unit of a table's row, as `coto demo --json` writes the unit.
  'src-shared/results/comparison-row.ts: loss',
  'src-shared/results/demo-table.ts: loss',
];

test('the id of a metric stands in its own file alone', () => {
  const ids = new Set(metricIds.flatMap((id) => [id, evaluationName(id)]));
  const found = appSources()
    .filter((file) => !file.startsWith('src-shared/metrics/'))
    .flatMap((file) => literalsOf(file).flatMap(({ value }) => (ids.has(value) ? [`${file}: ${value}`] : [])));
  expect([...new Set(found)].sort()).toEqual([...exceptions].sort());
});

test('the list of metrics and the curves name no id', () => {
  for (const file of ['index', 'curves', 'recorded']) {
    const literals = literalsOf(`src-shared/metrics/${file}.ts`).map(({ value }) => value);
    // Also a quantity.
    expect(metricIds.filter((id) => id !== 'loss' && id !== 'perplexity' && literals.includes(id))).toEqual([]);
  }
});
