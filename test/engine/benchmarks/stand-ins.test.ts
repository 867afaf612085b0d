import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { prepareTasks } from '../../../src-main/engine/benchmarks/prepare-task.ts';
import { scoredQuestions } from '../../../src-main/engine/benchmarks/scored-questions.ts';
import { readConfigFiles } from '../../../src-main/engine/benchmarks/task-file.ts';
import { TaskPlace } from '../../../src-main/engine/benchmarks/task-place.ts';

const benchmarks = fileURLToPath(new URL('../../../assets/benchmarks', import.meta.url));
const rowSchema = z.object({ prompt: z.string(), completion: z.string() });

function rowsOf(folder: string, split: string) {
  const lines = readFileSync(join(folder, 'data', `${split}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => rowSchema.parse(JSON.parse(line)));
}

describe.each(readdirSync(benchmarks))('%s', (id) => {
  const folder = join(benchmarks, id);

  it('is labeled as a stand-in, and its PROVENANCE names the very bytes', () => {
    const provenance = readFileSync(join(folder, 'PROVENANCE.md'), 'utf8');
    expect(id).toMatch(/^stand-in-/);
    expect(provenance).toContain('a stand-in, not a benchmark');
    for (const name of ['data/train.jsonl', 'data/test.jsonl', 'questions.jsonl', 'task.yaml']) {
      const hash = createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex');
      expect(provenance).toContain(`${name} \`${hash}\``);
    }
  });

  it('asks other questions than it trains on, and a reference answer to each is right', async () => {
    const place = new TaskPlace(join(folder, 'task.yaml'), true);
    const prepared = await prepareTasks(place, await readConfigFiles(place), { limit: 0, shots: null });
    const { task } = scoredQuestions(prepared, { metric: null, filter: null, isChat: false });
    const trained = new Set(rowsOf(folder, 'train').map(({ prompt }) => prompt));
    const tests = rowsOf(folder, 'test');
    expect(task.questions).toHaveLength(tests.length);
    for (const [at, { context, continuations, right }] of task.questions.entries()) {
      expect(trained.has(context)).toBe(false);
      expect(context).toBe(tests[at]?.prompt);
      const [answer] = right;
      expect(typeof answer === 'number' ? continuations[answer] : answer).toBe(tests[at]?.completion);
    }
  });
});

it('the results of the stand-in for arithmetic are those of its equations', () => {
  for (const { completion } of rowsOf(join(benchmarks, 'stand-in-arithmetic'), 'test')) {
    const equations = [...completion.matchAll(/(\d+) ([*+-]) (\d+) = (\d+)/g)];
    expect(equations).toHaveLength(2);
    for (const [, one, sign, other, result] of equations) {
      const [first, second] = [Number(one), Number(other)];
      expect(sign === '*' ? first * second : sign === '+' ? first + second : first - second).toBe(Number(result));
    }
    expect(completion).toMatch(new RegExp(`#### ${equations[1]?.[4]}$`));
  }
});
