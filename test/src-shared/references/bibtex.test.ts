import { expect, test } from 'vitest';
import { adapterVariants, initializations } from '../../../src-main/engine/api/adapters.ts';
import { mergeMethods, pruneMethods } from '../../../src-main/engine/api/merging.ts';
import { modelFamilies } from '../../../src-main/engine/api/models.ts';
import { optimizerKinds } from '../../../src-main/engine/api/training.ts';
import { schedules } from '../../../src-shared/coto/schedules/index.ts';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import { authorsOf, yearOf } from '../../../src-shared/references/authors.ts';
import { bibtex, citationKey } from '../../../src-shared/references/bibtex.ts';
import { studyKinds } from '../../../src-shared/studies/index.ts';

const lora = { title: 'LoRA: Low-Rank Adaptation', url: 'https://arxiv.org/abs/2106.09685' };

type Declared = { readonly declaration: Pick<Declaration, 'paper'> };

const listed: readonly Declared[] = [
  ...adapterVariants,
  ...initializations,
  ...mergeMethods,
  ...pruneMethods,
  ...Object.values(optimizerKinds),
  ...Object.values(schedules),
  ...studyKinds,
];
const papersOf = (entries: readonly Declared[]) => entries.flatMap(({ declaration: { paper } }) => paper ?? []);

test('a paper is an entry with its authors, its number at arXiv and a key', () => {
  expect(bibtex([lora], '0.2.0')).toBe(`@software{cotostudio,
  author = {{The CoTo Studio founders}},
  title = {{CoTo Studio}},
  version = {0.2.0},
}

@misc{hu2021lora,
  author = {Hu, Edward J. and others},
  title = {{LoRA: Low-Rank Adaptation}},
  year = {2021},
  eprint = {2106.09685},
  archivePrefix = {arXiv},
  url = {https://arxiv.org/abs/2106.09685},
}
`);
});

test('a paper that is declared with two titles is one entry, by the longer', () => {
  const text = bibtex([{ ...lora, title: 'LoRA (again)' }, lora, lora], '1');
  expect(text.match(/^@misc/gm)).toHaveLength(1);
  expect(text).toContain('title = {{LoRA: Low-Rank Adaptation}}');
});

test('keys have letters and digits alone, and are of one paper each', () => {
  const papers = [...papersOf(listed), ...papersOf(modelFamilies)];
  const urls = Map.groupBy(papers, citationKey);
  for (const [key, own] of urls) {
    expect(key).toMatch(/^[a-z0-9]+$/);
    expect([...new Set(own.map(({ url }) => url))], key).toHaveLength(1);
  }
});

test('authors and years of the methods before 2026 are known', () => {
  const unknown = papersOf(listed).filter(
    ({ url }) => (yearOf(url) ?? 0) < 2026 && (authorsOf(url) === null || yearOf(url) === null),
  );
  expect(unknown).toEqual([]);
});
