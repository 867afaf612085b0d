import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { outcomeSeed } from '../outcome-seed.ts';
import { cotoOn, temporaryFolder } from './run-command.ts';

const folder = temporaryFolder();
const coto = cotoOn(join(folder, 'home'));

function jsonl(name: string, rows: readonly object[]): string {
  const file = join(folder, `${name}.jsonl`);
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}

const things = [
  'sea',
  'town',
  'river',
  'king',
  'ship',
  'house',
  'war',
  'church',
  'garden',
  'street',
  'island',
  'school',
];
const pairs = things.map((thing) => ({
  prompt: `What is the ${thing} like?`,
  chosen: `The ${thing} is old and very large.`,
  rejected: `No ${thing}, never again, no.`,
}));
const answers = pairs.flatMap(({ prompt, chosen, rejected }) => [
  { prompt, completion: chosen, label: true },
  { prompt, completion: rejected, label: false },
]);

const runSchema = z.object({
  run: z.looseObject({
    result: z.looseObject({ accuracy: z.number(), evalLoss: z.number(), metrics: z.record(z.string(), z.number()) }),
  }),
  adapter: z.looseObject({ id: z.string() }),
});

const train = (dataset: string, ...more: string[]) => {
  const size = [
    'max_steps=6',
    `seed=${outcomeSeed(42)}`,
    'learning_rate=5e-3',
    'per_device_train_batch_size=4',
    'max_length=64',
  ];
  return coto(['train', '--json', '--set', 'model=small-llama', `dataset=${dataset}`, ...size, ...more]);
};

describe('preferences, from a file to a metric', () => {
  beforeAll(async () => {
    expect((await coto(['settings', 'forgetting=false'])).code).toBe(0);
  });

  test('a file of pairs is recognized, and its rows are shown as prompt, chosen and rejected', async () => {
    const added = await coto(['datasets', 'add', jsonl('pairs', pairs)]);
    expect(added.err + added.out).toMatch(
      /Preference data: prompt in prompt, chosen answer in chosen, rejected answer in rejected\./,
    );
    expect(added.code).toBe(0);
    const shown = await coto(['datasets', 'preview', 'pairs']);
    expect(shown.out).toContain('  prompt: What is the ');
    expect(shown.out).toContain('  chosen: The ');
    expect(shown.out).toContain('  rejected: No ');
  });

  test.each([
    ['pairs', 'auto'],
    ['answers', 'auto'],
  ])(
    'of %s, %s trains an adapter that prefers the chosen answers on rows held out',
    async (dataset, loss) => {
      if (dataset === 'answers') {
        const added = await coto(['datasets', 'add', jsonl('answers', answers)]);
        expect(added.code, added.err).toBe(0);
      }
      const trained = await train(dataset, `loss_type=${loss}`);
      expect(trained.code, trained.err).toBe(0);
      const { run, adapter } = runSchema.parse(JSON.parse(trained.out));
      expect(run.result.accuracy).toBe(1);
      expect(run.result.metrics['rewards_margins']).toBeGreaterThan(0);
      const evaluated = await coto(['eval', '--dataset', dataset, '--adapter', adapter.id, '--json']);
      expect(JSON.parse(evaluated.out)).toMatchObject({ accuracy: 1 });
    },
    600_000,
  );

  test.each([
    [
      'answers',
      'loss_type=dpo',
      /DPO compares a chosen with a rejected answer, but each row of the dataset has a single answer\./,
    ],
    ['pairs', 'task=multiple-choice', /Multiple choice needs/],
  ])('of %s, %s is refused in a sentence', async (dataset, setting, words) => {
    const refused = await train(dataset, setting);
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(words);
  });

  test('answers of one kind only are refused in a sentence', async () => {
    await coto([
      'datasets',
      'add',
      jsonl(
        'liked',
        answers.filter(({ label }) => label),
      ),
    ]);
    const refused = await train('liked');
    expect(refused.err).toMatch(
      /KTO learns from answers that are wanted and answers that are not, but all \d+ in the training split are labelled true\. Add answers that are labelled false\./,
    );
  });
});
