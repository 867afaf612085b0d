import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { jobs } from '../../src-main/backend/job-kinds.ts';
import { exportTargets } from '../../src-main/backend/library/export/index.ts';
import { targets } from '../../src-main/backend/targets/index.ts';
import { runReaders } from '../../src-main/backend/trackers/readers/index.ts';
import { initializations } from '../../src-main/engine/adapters/initializations/index.ts';
import { adapterVariants } from '../../src-main/engine/adapters/variants/index.ts';
import { computeBackends } from '../../src-main/engine/compute/index.ts';
import { datasetReaders } from '../../src-main/engine/data/readers/index.ts';
import { adapterFormats } from '../../src-main/engine/formats/adapters/index.ts';
import { engineJobs } from '../../src-main/engine/jobs/index.ts';
import { learningRateSchedules } from '../../src-main/engine/learning-rate/index.ts';
import { mergeMethods } from '../../src-main/engine/merge/methods/index.ts';
import { modelFamilies } from '../../src-main/engine/models/families.ts';
import { optimizerKinds } from '../../src-main/engine/optimizers/index.ts';
import { pruneMethods } from '../../src-main/engine/prune/index.ts';
import { routers } from '../../src-main/engine/routing/index.ts';
import { curves } from '../../src-shared/coto/curves/index.ts';
import { schedules } from '../../src-shared/coto/schedules/index.ts';
import { studyKinds } from '../../src-shared/studies/index.ts';
import { exceptions } from './id-exceptions.ts';
import { appSources, literalsOf } from './id-literals.ts';

interface IdList {
  readonly kind: string;
  readonly ids: readonly string[];
  /** Files with the list, and with its part for the window. The ids may be written there. */
  readonly lists: readonly string[];
  /** Folders with one file for each id. The file that declares an id may write it. */
  readonly folders: readonly string[];
  /** Ids that are ordinary words, or values of other things too: nothing can be said of their literals. */
  readonly words?: readonly string[];
}

const idsOf = (entries: readonly { readonly declaration: { readonly id: string } }[]) =>
  entries.map(({ declaration }) => declaration.id);
const engine = 'src-main/engine';

/** Every list but tasks, whose ids test/src-shared/tasks/task-ids.test.ts looks for, by the words of each line. */
const lists: readonly IdList[] = [
  {
    kind: 'adapter variant',
    ids: idsOf(adapterVariants),
    lists: [`${engine}/adapters/variants/index.ts`],
    folders: [`${engine}/adapters/variants/`],
  },
  {
    kind: 'initialization',
    ids: idsOf(initializations),
    lists: [`${engine}/adapters/initializations/index.ts`],
    folders: [`${engine}/adapters/initializations/`],
  },
  {
    kind: 'schedule',
    ids: Object.keys(schedules),
    lists: ['src-shared/coto/schedules/index.ts'],
    folders: ['src-shared/coto/schedules/'],
    words: ['coto'],
  },
  {
    kind: 'curve',
    ids: Object.keys(curves),
    lists: ['src-shared/coto/curves/index.ts'],
    folders: ['src-shared/coto/curves/'],
    words: ['linear', 'cosine', 'constant', 'step'],
  },
  {
    kind: 'learning-rate schedule',
    ids: Object.keys(learningRateSchedules),
    lists: [`${engine}/learning-rate/index.ts`, 'src-shared/domain/runs/run-optimization.ts'],
    folders: [`${engine}/learning-rate/`],
    words: ['linear', 'cosine', 'constant'],
  },
  {
    kind: 'optimizer',
    ids: Object.keys(optimizerKinds),
    lists: [`${engine}/optimizers/index.ts`, 'src-shared/domain/runs/run-optimization.ts'],
    folders: [`${engine}/optimizers/`],
  },
  {
    kind: 'merge method',
    ids: idsOf(mergeMethods),
    lists: [`${engine}/merge/methods/index.ts`],
    folders: [`${engine}/merge/methods/`],
    words: ['linear', 'cat'],
  },
  {
    kind: 'prune method',
    ids: idsOf(pruneMethods),
    lists: [`${engine}/prune/index.ts`],
    folders: [`${engine}/prune/`],
    words: ['magnitude', 'random', 'contribution'],
  },
  {
    kind: 'router',
    ids: idsOf(routers),
    lists: [`${engine}/routing/index.ts`],
    folders: [`${engine}/routing/`],
    words: ['linear', 'random', 'uniform', 'entropy', 'oracle', 'arrow'],
  },
  {
    kind: 'study',
    ids: studyKinds.map(({ kind }) => kind),
    lists: ['src-shared/studies/index.ts'],
    folders: ['src-shared/studies/', `${engine}/studies/`],
    words: ['contribution', 'trajectory'],
  },
  {
    kind: 'job',
    ids: jobs.map(({ kind }) => kind),
    lists: ['src-main/backend/job-kinds.ts', 'src-shared/domain/jobs/job.ts'],
    folders: ['src-main/backend/'],
    words: [
      'train',
      'merge',
      'prune',
      'route',
      'study',
      'score',
      'masks',
      'report',
      'export',
      'import',
      'bundle',
      'mergeability',
    ],
  },
  {
    kind: 'engine job',
    ids: engineJobs.map(({ kind }) => kind),
    lists: [`${engine}/jobs/index.ts`, `${engine}/contract.ts`],
    folders: [`${engine}/jobs/`],
    words: ['train', 'merge', 'prune', 'route', 'score', 'masks', 'logits', 'mergeability'],
  },
  {
    kind: 'dataset reader',
    ids: idsOf(datasetReaders),
    lists: [`${engine}/data/readers/index.ts`],
    folders: [`${engine}/data/readers/`],
    // Formats that reports and tables are written in.
    words: ['json', 'csv'],
  },
  {
    kind: 'adapter format',
    ids: adapterFormats.map(({ id }) => id),
    lists: [`${engine}/formats/adapters/index.ts`],
    folders: [`${engine}/formats/adapters/`],
  },
  {
    kind: 'export target',
    ids: idsOf(exportTargets),
    lists: ['src-main/backend/library/export/index.ts'],
    folders: ['src-main/backend/library/export/', `${engine}/formats/adapters/`],
    words: ['lora'],
  },
  {
    kind: 'model family',
    ids: modelFamilies.map(({ modelType }) => modelType),
    lists: [`${engine}/models/families.ts`],
    folders: [`${engine}/models/`, `${engine}/formats/gguf/architectures/`],
    // A chat template and pre-tokenizers of llama.cpp of the same names.
    words: ['gemma', 'glm4', 'olmo'],
  },
  {
    kind: 'compute backend',
    ids: computeBackends.map(({ id }) => id),
    lists: [`${engine}/compute/index.ts`, 'src-shared/domain/app/catalog.ts'],
    folders: [`${engine}/compute/`],
  },
  {
    kind: 'reader of trackers',
    ids: runReaders.map(({ id }) => id),
    lists: ['src-main/backend/trackers/readers/index.ts', 'src-shared/domain/runs/imported-run.ts'],
    folders: ['src-main/backend/trackers/readers/'],
  },
  {
    kind: 'target of studies',
    ids: idsOf(targets),
    lists: ['src-main/backend/targets/index.ts'],
    folders: ['src-main/backend/targets/'],
  },
];

/** Properties by which a file declares the id of its entry. */
const declaring = new Set(['id', 'kind', 'modelType']);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Literals of `ids` in other places than their lists and the files that declare them: counts by kind and file. */
function strayLiterals(): Record<string, Record<string, number>> {
  const kindsOf = Map.groupBy(
    lists.flatMap((list) => list.ids.filter((id) => !list.words?.includes(id)).map((id) => ({ id, list }))),
    ({ id }) => id,
  );
  const quoted = new RegExp(`['"\`](${[...kindsOf.keys()].join('|')})['"\`]`);
  const counts: Record<string, Record<string, number>> = {};
  for (const file of appSources()) {
    const source = readFileSync(join(root, file), 'utf8');
    if (!quoted.test(source)) continue;
    const literals = literalsOf(file, source);
    for (const [id, entries] of kindsOf) {
      const own = literals.filter(({ value }) => value === id);
      if (own.length === 0) continue;
      const isDeclared = own.some(({ property }) => property !== null && declaring.has(property));
      const isAllowed = entries.some(
        ({ list }) =>
          list.lists.includes(file) || (isDeclared && list.folders.some((folder) => file.startsWith(folder))),
      );
      if (isAllowed) continue;
      const kind = entries.map(({ list }) => list.kind).join(', ');
      counts[kind] = { ...counts[kind], [file]: (counts[kind]?.[file] ?? 0) + own.length };
    }
  }
  return counts;
}

/** Exceptions by the paths that files have now: a file that was moved keeps its exception. */
function currentPaths(listed: Readonly<Record<string, number>>, found: readonly string[]): Record<string, number> {
  const moved = found.filter((file) => listed[file] === undefined);
  return Object.fromEntries(
    Object.entries(listed).map(([file, count]) => {
      if (existsSync(join(root, file))) return [file, count];
      return [moved.find((other) => basename(other) === basename(file)) ?? file, count];
    }),
  );
}

describe('the id of an entry', () => {
  it('stands in its own file and its list only, but for listed exceptions', () => {
    const found = strayLiterals();
    const problems = Object.keys({ ...found, ...exceptions }).flatMap((kind) => {
      const listed = currentPaths(exceptions[kind] ?? {}, Object.keys(found[kind] ?? {}));
      return Object.keys({ ...found[kind], ...listed }).flatMap((file) => {
        const [count, allowed] = [found[kind]?.[file] ?? 0, listed[file] ?? 0];
        if (count === allowed) return [];
        return count > allowed
          ? `${file} writes ids of the kind "${kind}" ${count} times, ${allowed} are listed: derive them from the list`
          : `${file} writes ids of the kind "${kind}" ${count} times: lower the exception from ${allowed}`;
      });
    });
    expect(problems).toEqual([]);
  });

  it('is looked for in every list: ids that are ordinary words are in the list that names them', () => {
    for (const { kind, ids, words = [] } of lists) {
      expect(ids.length, kind).toBeGreaterThan(1);
      expect(new Set(ids).size, kind).toBe(ids.length);
      expect(
        words.filter((word) => !ids.includes(word)),
        kind,
      ).toEqual([]);
    }
  });

  it('is found as a literal, not in comments, import paths or other words', () => {
    const source = [
      "import { a } from './lora';",
      '// lora and "lora"',
      "const one = { id: 'lora', label: 'lora adapters', lora: 3, 'lora': 4 };",
      'const two = <Card kind="lora">lora</Card>;',
      'const three = `lora`;',
      `const four = \`lora $\{one}\`;`,
    ].join('\n');
    expect(literalsOf('example.tsx', source).filter(({ value }) => value === 'lora')).toEqual([
      { value: 'lora', line: 3, property: 'id' },
      { value: 'lora', line: 3, property: null },
      { value: 'lora', line: 4, property: null },
      { value: 'lora', line: 5, property: null },
    ]);
  });
});
