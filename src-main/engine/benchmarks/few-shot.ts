import { StudioError } from '../../../src-shared/contract/errors.ts';
import { PythonRandom } from './python-random.ts';
import type { TaskDocument } from './task-document.ts';

/** lm-eval's own, `--seed`'s default for few-shot examples. */
const seed = 1234;

interface SamplerOptions {
  /** The task's file, for messages. */
  readonly file: string;
  readonly sampler: 'default' | 'first_n';
  /** True if the examples come from the same documents as the questions. */
  readonly leavesOutQuestion: boolean;
}

/** Chooses the examples before each question of a task as lm-eval does: one stream of draws, question by question. */
export class FewShotSampler {
  private readonly pool: readonly TaskDocument[];
  private readonly options: SamplerOptions;
  private readonly random = new PythonRandom(seed);

  constructor(pool: readonly TaskDocument[], options: SamplerOptions) {
    this.pool = pool;
    this.options = options;
  }

  /** @throws StudioError invalid_file where there are not as many */
  draw(count: number, question: TaskDocument): TaskDocument[] {
    const { sampler, leavesOutQuestion, file } = this.options;
    const asked = JSON.stringify(question);
    const isOther = (document: TaskDocument) => !leavesOutQuestion || JSON.stringify(document) !== asked;
    const drawn = sampler === 'first_n' ? this.pool : this.drawn(leavesOutQuestion ? count + 1 : count);
    const chosen: TaskDocument[] = [];
    for (const document of drawn) {
      if (chosen.length === count) break;
      if (isOther(document)) chosen.push(document);
    }
    if (chosen.length === count) return chosen;
    // Rows that repeat the question were drawn.
    const others = this.pool.filter(isOther);
    if (others.length >= count && sampler === 'default')
      return this.random.sample(others.length, count).flatMap((index) => pick(others, index));
    throw new StudioError(
      'invalid_file',
      `${file}: there are ${others.length} rows for examples, and ${count} are requested.`,
      'Lower num_fewshot (--num-fewshot).',
    );
  }

  private drawn(count: number): TaskDocument[] {
    if (count > this.pool.length) return [];
    return this.random.sample(this.pool.length, count).flatMap((index) => pick(this.pool, index));
  }
}

function pick(documents: readonly TaskDocument[], index: number): TaskDocument[] {
  const document = documents[index];
  return document === undefined ? [] : [document];
}
