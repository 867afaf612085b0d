import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { studyYaml } from '../../../src-main/backend/studies/study-files.ts';
import { openStore } from '../../../src-main/store/open-store.ts';
import { studyRecordSchema } from '../../../src-shared/domain/studies/study.ts';
import { studyConfigSchema } from '../../../src-shared/studies/index.ts';

const fileSchema = z.looseObject({ kind: z.string(), name: z.string(), tune: z.looseObject({ extend: z.number() }) });

test('a saved file names the seeds and the limit of extensions even at their defaults, which versions may change', () => {
  const tasks = [{ dataset: 'a' }, { dataset: 'b' }];
  const tune = { learning_rate: [1e-3, 3e-3, 1e-2], seeds: [1], validation_samples: 8 };
  const config = studyConfigSchema.parse({ kind: 'multitask', tasks, run: { max_steps: 5 }, tune });
  const store = openStore(':memory:');
  const study = studyRecordSchema.parse({
    ...{ id: 'study', name: 'A', kind: 'multitask', status: 'completed', config },
    ...{ result: null, error: null, parentId: null, createdAt: 0, finishedAt: null },
  });
  const { kind, name, ...settings } = fileSchema.parse(parse(studyYaml({ store }, study)));
  store.close();
  expect({ kind, name, ...settings }).toMatchObject({ kind: 'multitask', name: 'A', seeds: [1, 2, 3, 4, 5, 6] });
  expect(settings.tune.extend).toBe(2);
  expect(settings).not.toHaveProperty('eval_samples');
  expect(studyConfigSchema.parse({ kind, ...settings })).toEqual(config);
});
