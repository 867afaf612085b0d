import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdaptedModel } from '../../../src-main/engine/adapters/model/adapted-model.ts';
import { likelihoods } from '../../../src-main/engine/benchmarks/likelihoods.ts';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { loadBaseModel } from '../../../src-main/engine/models/load-model.ts';
import { loadTokenizer, type TextTokenizer } from '../../../src-main/engine/tokenization/tokenizer.ts';
import { testCompute } from '../test-compute.ts';

const modelDirectory = fileURLToPath(new URL('../../../assets/models/small-llama', import.meta.url));
let model: AdaptedModel;
let tokenizer: TextTokenizer;
beforeAll(async () => {
  await activateCompute(testCompute);
  model = new AdaptedModel(await loadBaseModel(modelDirectory));
  tokenizer = await loadTokenizer(modelDirectory);
});
afterAll(() => {
  model.dispose();
  model.base.dispose();
});

const question = (context: string, continuations: string[]) => ({ context, continuations, choices: [], right: [0] });

async function sums(...questions: ReturnType<typeof question>[]) {
  const told: number[] = [];
  const progress = { onProgress: (done: number) => void told.push(done), cancelled: async () => false };
  const scores = await likelihoods(model, tokenizer, { file: 'task.yaml', questions }, progress);
  expect(told.at(-1)).toBe(questions.length);
  return scores.map((own) => own.map(({ sum }) => sum));
}

test('a context that is too long for one answer alone is cut for that one alone, as lm-eval does', async () => {
  const longest = model.base.description.text?.maxPositions ?? 0;
  // The context's beginning differs from its rest, so that truncation changes the continuation.
  const context = `The king of the sea.${' one'.repeat(longest)}`;
  const { ids } = tokenizer.encode(context, { addSpecialTokens: false });
  const fitting = tokenizer.decode(ids.slice(0, longest - 20));
  const [short, long] = [' one two', ' two one'.repeat(30)];
  const [both] = await sums(question(fitting, [short, long]), question('Who?', [' he', ' she']));
  const [alone, cut] = await sums(question(fitting, [short]), question(fitting, [long]));
  expect(both?.[0]).toBeCloseTo(alone?.[0] ?? Number.NaN, 4);
  expect(both?.[1]).toBeCloseTo(cut?.[0] ?? Number.NaN, 2);
});
