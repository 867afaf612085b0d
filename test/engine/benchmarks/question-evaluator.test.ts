import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { likelihoods } from '../../../src-main/engine/benchmarks/likelihoods.ts';
import type { PreparedTask } from '../../../src-main/engine/benchmarks/prepared-task.ts';
import { QuestionEvaluator } from '../../../src-main/engine/benchmarks/question-evaluator.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { EvaluationProgress } from '../../../src-main/engine/evaluation/evaluation-progress.ts';
import { runBenchmarkTask } from '../../../src-main/engine/jobs/benchmark.ts';
import type { BaseModel } from '../../../src-main/engine/models/base-model.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { outcomesOf, predictionsOf, scoreOutputs } from '../../../src-main/engine/outcomes/index.ts';
import { loadTokenizer } from '../../../src-main/engine/tokenization/tokenizer.ts';
import { quietContext } from '../tasks/text-task.ts';
import { testCompute } from '../test-compute.ts';

const modelDirectory = fileURLToPath(new URL('../../../assets/models/small-llama', import.meta.url));
let base: BaseModel;
beforeAll(async () => {
  await activateCompute(testCompute);
  base = await loadBaseModel(modelDirectory);
});
afterAll(() => base.dispose());

const use = {
  ...{ aggregation: 'mean' as const, higherIsBetter: true },
  ...{ ignoreCase: false, ignorePunctuation: false, ignoreNumbers: false, regexesToIgnore: [] },
};
const task = (changes: Partial<PreparedTask>): PreparedTask => ({
  ...{ name: 'made', file: 'task.yaml', version: null, shots: 0, total: 3, config: {} },
  outputType: 'multiple_choice',
  metrics: [{ ...use, name: 'acc' }],
  filters: [{ name: 'none', filter: [{ function: 'take_first' }] }],
  generation: { until: ['\n'], max_gen_toks: 4, temperature: 0 },
  questions: [],
  ...changes,
});
const choices = [
  { context: 'The king of the', choices: ['sea', 'united states of america'], right: [1] },
  { context: 'He went to', choices: ['the', 'quickly', 'x'], right: [0] },
  { context: 'It was a', choices: ['very very very long', 'of'], right: [1] },
].map((one) => ({ ...one, continuations: one.choices.map((choice) => ` ${choice}`) }));

async function evaluated(prepared: PreparedTask, indices?: Int32Array) {
  const evaluator = await QuestionEvaluator.open(base, modelDirectory, { task: prepared, delimiter: ' ' });
  if (indices !== undefined) {
    const model = new AdaptedModel(base);
    const outputs = await evaluator.outputsOf(model, indices, quietContext);
    model.dispose();
    return outputs;
  }
  return evaluator.outputs(null, new EvaluationProgress(quietContext, [3]), quietContext);
}

/** The scores that coto eval gives. */
async function benchmarked(prepared: PreparedTask) {
  const asked = { kind: 'benchmark' as const, compute: testCompute, modelDirectory, adapterDirectories: [null] };
  const { result } = await runBenchmarkTask({ ...asked, tasks: [prepared] }, quietContext);
  return result.tasks[0]?.columns[0]?.[0]?.value;
}

describe('questions of multiple choice', () => {
  it.each(['acc', 'acc_norm', 'acc_bytes'])(
    'have the %s of a benchmark, with the loss of the softmax',
    async (name) => {
      const prepared = task({ questions: choices, metrics: [{ ...use, name }] });
      const outputs = await evaluated(prepared);
      const { accuracy, loss } = await scoreOutputs(outputs);
      expect(accuracy).toBe(await benchmarked(prepared));
      const model = new AdaptedModel(base);
      const quiet = { onProgress: () => undefined, cancelled: async () => false };
      const found = await likelihoods(model, await loadTokenizer(modelDirectory), prepared, quiet);
      model.dispose();
      const losses = choices.map(({ choices: texts, right }, row) => {
        const sums = texts.map((text, at) => {
          const length = name === 'acc' ? 1 : name === 'acc_norm' ? [...text].length : Buffer.byteLength(text);
          return (found[row]?.[at]?.sum ?? 0) / length;
        });
        const total = sums.reduce((sum, value) => sum + Math.exp(value), 0);
        return -Math.log(Math.exp(sums[right[0] ?? 0] ?? 0) / total);
      });
      expect(loss).toBeCloseTo(losses.reduce((sum, value) => sum + value, 0) / 3, 4);
    },
  );

  it('are answered in part alike, and know each outcome', async () => {
    const whole = outcomesOf(await predictionsOf(await evaluated(task({ questions: choices }))));
    const part = outcomesOf(await predictionsOf(await evaluated(task({ questions: choices }), Int32Array.of(2, 0))));
    expect([...(part.correct ?? [])]).toEqual([whole.correct?.[2], whole.correct?.[0]]);
    expect(part.losses[0]).toBeCloseTo(whole.losses[2] ?? Number.NaN, 4);
  });
});

describe('questions that are answered by a text', () => {
  const contexts = ['The king of the', 'He went to', 'It was a'];
  const filter = { function: 'regex' as const, regex_pattern: '(\\w+)', group_select: 0, fallback: '[invalid]' };
  const written = (right: readonly string[]) =>
    task({
      outputType: 'generate_until',
      metrics: [{ ...use, name: 'exact_match' }],
      filters: [{ name: 'word', filter: [filter] }],
      questions: contexts.map((context, at) => ({ context, continuations: [], choices: [], right: [right[at] ?? ''] })),
    });

  it('have the exact match of a benchmark after the filter, with the loss of each token of the reference', async () => {
    // Whatever word the base writes first, one of many common words is right somewhere.
    const prepared = written(['world', 'the', 'very']);
    const outputs = await evaluated(prepared);
    const { accuracy, loss } = await scoreOutputs(outputs);
    expect(accuracy).toBe(await benchmarked(prepared));
    const tokenizer = await loadTokenizer(modelDirectory);
    const model = new AdaptedModel(base);
    const quiet = { onProgress: () => undefined, cancelled: async () => false };
    const questions = prepared.questions.map((one) => ({ ...one, continuations: [` ${String(one.right[0])}`] }));
    const found = await likelihoods(model, tokenizer, { file: '', questions }, quiet);
    model.dispose();
    const losses = questions.map(({ context, continuations: [text = ''] }, row) => {
      const lengthOf = (part: string) => tokenizer.encode(part, { addSpecialTokens: false }).ids.length;
      return -(found[row]?.[0]?.sum ?? 0) / (lengthOf(context + text) - lengthOf(context));
    });
    expect(loss).toBeCloseTo(losses.reduce((sum, value) => sum + value, 0) / 3, 4);
  });

  it('count as right for the words that the base writes, and as wrong for others', async () => {
    const empty = await evaluated(written(['', '', '']));
    expect((await scoreOutputs(empty)).accuracy).toBe(0);
    const own = await ownWords();
    expect((await scoreOutputs(await evaluated(written(own)))).accuracy).toBe(1);
    expect((await scoreOutputs(await evaluated(written([own[0] ?? '', 'x', 'x'])))).accuracy).toBeCloseTo(1 / 3, 6);
  });

  /** The first word that the base writes after each context, found by the benchmark's own scores. */
  async function ownWords(): Promise<string[]> {
    const { generations } = await import('../../../src-main/engine/benchmarks/generations.ts');
    const { readEndTokens } = await import('../../../src-main/engine/generation/end-tokens.ts');
    const model = new AdaptedModel(base);
    const tokenizer = await loadTokenizer(modelDirectory);
    const quiet = { onProgress: () => undefined, cancelled: async () => false };
    const texts = await generations(model, tokenizer, await readEndTokens(modelDirectory), written([]), quiet);
    model.dispose();
    return texts.map((text) => /\w+/.exec(text)?.[0] ?? '[invalid]');
  }
});
