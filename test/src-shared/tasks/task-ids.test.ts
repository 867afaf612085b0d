import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { linearModuleSchema, modelDescriptionSchema } from '../../../src-shared/domain/models/model.ts';
import { tasks } from '../../../src-shared/tasks/index.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Kinds of models and of modules, some of which are spelled like a task. */
const kinds = new Set<string>([
  ...modelDescriptionSchema.shape.kind.options,
  ...linearModuleSchema.shape.kind.unwrap().options,
]);

/**
 * Files with a string that is spelled like a task, and how many such strings: tables of kinds of models and modules, the stored
 * `task` of a dataset's description, a kind of row, and the symbol of rewards on an axis. The list may only shrink.
 */
const others: Readonly<Record<string, number>> = {
  'src-main/engine/adapters/fresh/fresh-adapter.ts': 4,
  'src-main/engine/data/readers/idx.ts': 1,
  'src-main/engine/data/readers/image-entries.ts': 1,
  'src-main/engine/data/readers/quickdraw-package.ts': 1,
  'src-main/engine/evaluation/forgetting/neutral-drawings.ts': 1,
  // OpenAI's name of an object.
  'src-main/serve/openai/embeddings.ts': 1,
  'src-renderer/features/data/reading.ts': 2,
  'src-renderer/features/playground/image-form.tsx': 1,
  'src-renderer/strings/adapters.ts': 1,
  'src-shared/domain/data/dataset.ts': 1,
  'src-shared/domain/models/model.ts': 6,
  'src-shared/metrics/rewards.ts': 1,
};

test('the id of a task is written in its declaration alone', () => {
  const found: Record<string, number> = {};
  for (const folder of ['src-main', 'src-renderer', 'src-shared'])
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      const path = join(folder, file);
      // Translations are words, some of which are spelled like a task.
      if (!/\.tsx?$/.test(file) || /^src-renderer\/strings\/.+\//.test(path)) continue;
      const lines = readFileSync(join(root, path), 'utf8').split('\n');
      for (const { id } of tasks) {
        if (path === `src-shared/tasks/${id}.ts`) continue;
        const isKind = kinds.has(id);
        const count = lines
          .filter((line) => !isKind || !/kind|labelsTokens/i.test(line))
          .reduce((sum, line) => sum + line.split(`'${id}'`).length - 1, 0);
        if (count > 0) found[path] = (found[path] ?? 0) + count;
      }
    }
  expect(found).toEqual(others);
});
