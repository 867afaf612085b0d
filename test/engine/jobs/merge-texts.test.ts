import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { activateCompute } from '../../../src-main/engine/compute/index.ts';
import { runEvaluateTask } from '../../../src-main/engine/jobs/evaluate.ts';
import { runMergeTask } from '../../../src-main/engine/jobs/merge.ts';
import { describeModel } from '../../../src-main/engine/models/huggingface/model-folder.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { testCompute } from '../test-compute.ts';
import { randomAdapter } from './random-adapters.ts';
import { testContext } from './test-context.ts';

const modelDirectory = join(import.meta.dirname, '../../../assets/models/small-llama');
const scratch = mkdtempSync(join(tmpdir(), 'coto-merge-texts-'));
const places = ['garage', 'closet', 'tent', 'basket', 'hall', 'shed'];
const settings = taskSettingsSchema.parse({ task: 'causal-lm', chat_template: 'none' });
let adapters: string[] = [];

beforeAll(async () => {
  await activateCompute(testCompute);
  const rows = Array.from({ length: 24 }, (_, at) => {
    const [from = '', to = ''] = [places[at % 6], places[(at + 1 + (at % 5)) % 6]];
    const text = ` Kim put the hat in the ${from}. Later Sam moved the hat to the ${to}. Where is the hat now?\nAnswer: ${to}`;
    return `${JSON.stringify({ prompt: 'Question:', completion: text })}\n`;
  });
  for (const split of ['train', 'test']) writeFileSync(join(scratch, `${split}.jsonl`), rows.join(''));
  const drawn = (seed: number) =>
    randomAdapter(join(scratch, `adapter-${seed}`), seed, null, ['q_proj', 'down_proj'], modelDirectory, 0.2);
  adapters = [await drawn(1), await drawn(2)];
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const dataset = () => ({ reader: 'jsonl', path: scratch, options: {} });
const common = { compute: testCompute, modelDirectory, eval_samples: 0 };

async function evaluated(members: { directory: string; weight: number }[]) {
  const task = { kind: 'evaluate' as const, ...common, dataset: dataset(), settings, adapters: members };
  return (await runEvaluateTask(task, testContext())).result.accuracy;
}

test('a merge of outputs of language models averages their next-token probabilities, as an evaluation of both does', async () => {
  const weights = [1, 3];
  const members = adapters.map((directory, at) => ({ directory, weight: weights[at] ?? 0 }));
  const { scores, adapterDirectory } = await runMergeTask(
    {
      ...{ kind: 'merge', ...common, description: await describeModel(modelDirectory), method: 'ensemble' },
      adapters: members.map((one) => ({ ...one, step: null, dataset: 0 })),
      ...{
        parameters: {},
        outputDirectory: null,
        datasets: [{ ...dataset(), settings }],
        tuning_samples: 8,
        placebos: [],
      },
    },
    testContext(),
  );
  expect(adapterDirectory).toBeNull();
  const alone = [];
  for (const { directory } of members) alone.push(await evaluated([{ directory, weight: 1 }]));
  const together = await evaluated(members);
  expect(scores).toEqual([[...alone, together, await evaluated([])]]);
  // Neither member decides alone, and weights count.
  const equal = await evaluated(members.map((one) => ({ ...one, weight: 1 })));
  expect(new Set([...alone, together, equal]).size).toBe(4);
});
