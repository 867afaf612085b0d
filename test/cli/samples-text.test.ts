import { expect, test } from 'vitest';
import { samplesText } from '../../src-main/cli/samples-text.ts';

test('classes stand beside each other, texts below their prompt, and at most a dozen of each', () => {
  const answer = (text: string, isRight: boolean | null = null) => [{ text, probability: null, isRight }];
  const steps = (answers: (at: number) => ReturnType<typeof answer>) =>
    Array.from({ length: 30 }, (_, at) => ({ step: at, milliseconds: 1, answers: answers(at) }));
  const classes = samplesText('run', {
    inputs: [{ kind: 'text', text: 'a good\nfilm', truth: 'good' }],
    steps: steps((at) => answer(at > 10 ? 'good' : 'bad', at > 10)),
  });
  const lines = classes.split('\n').filter((line) => !line.startsWith('─'));
  expect(lines.map((line) => line.trim().split(/\s{2,}/))).toEqual([
    ['sample', 'truth', ...[0, 6, 12, 17, 23, 29].map((step) => `step ${step}`)],
    ['a good ⏎ film', 'good', '✗ bad', '✗ bad', '✓ good', '✓ good', '✓ good', '✓ good'],
    [''],
  ]);
  const texts = samplesText('run', {
    inputs: [
      { kind: 'prompt', text: 'Name a sea.\n', reference: 'The North Sea' },
      { kind: 'prompt', text: 'One', reference: null },
    ],
    steps: steps((at) => [...answer(`first ${at}\nline`), ...answer(`second ${at}`)]),
  });
  expect(texts).toMatch(
    /^Name a sea\.\n\nstep 0: first 0 ⏎ line\n[\s\S]*step 29: first 29 ⏎ line\nin the data: The North Sea\n\n---\n\nOne\n\nstep 0: second 0\n/,
  );
  expect(texts.match(/^step /gm)).toHaveLength(24);
  expect(samplesText('run', { inputs: [], steps: [] })).toContain('eval_steps or sample_prompts');
});
