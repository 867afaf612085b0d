import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { countEntities, entityScores } from '../../../src-main/engine/metrics/entities.ts';
import { scoreOutcome } from '../../../src-main/engine/metrics/index.ts';

const tags = z.array(z.array(z.string()));
const { cases } = z
  .object({
    cases: z.array(
      z.object({
        labels: tags,
        predictions: tags,
        accuracy: z.number(),
        entity_f1: z.number(),
        entity_precision: z.number(),
        entity_recall: z.number(),
        types: z.record(
          z.string(),
          z.object({ precision: z.number(), recall: z.number(), 'f1-score': z.number(), support: z.number() }),
        ),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../../golden/misc/entities.json', import.meta.url), 'utf8')));

test.each(cases)('entities by the definitions of seqeval, overall and by type', ({ types, ...scored }) => {
  const { labels, predictions, ...expected } = scored;
  const scores = scoreOutcome({ kind: 'tags', labels, predictions });
  expect(Object.keys(scores).sort()).toEqual(Object.keys(expected).sort());
  for (const [id, value] of Object.entries(expected)) expect(scores[id], id).toBeCloseTo(value, 12);
  const counts = countEntities(labels, predictions);
  expect(counts.map(({ type }) => type)).toEqual(Object.keys(types).sort());
  for (const count of counts) {
    const { precision, recall, f1 } = entityScores(count);
    const own = types[count.type];
    expect(count.actual).toBe(own?.support);
    for (const [value, theirs] of [
      [precision, own?.precision],
      [recall, own?.recall],
      [f1, own?.['f1-score']],
    ])
      expect(value).toBeCloseTo(theirs ?? Number.NaN, 12);
  }
});
