import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { studyWork } from '../../src-main/engine/studies/index.ts';
import { studyConfigSchema } from '../../src-shared/studies/index.ts';

const guide = readFileSync(new URL('../../docs/guide/studies.md', import.meta.url), 'utf8');

test('every study file of the guide is one, and its plan can be made', () => {
  const files = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) =>
    z.looseObject({}).parse(parse(text)),
  );
  const studies = files.filter((file) => 'kind' in file);
  expect(studies.length).toBeGreaterThanOrEqual(2);
  for (const { name: _, ...file } of studies) {
    const config = studyConfigSchema.parse(file);
    expect(studyWork(config.kind).plan(config).length).toBeGreaterThan(0);
  }
});
