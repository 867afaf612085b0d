// @vitest-environment happy-dom
import { within } from '@testing-library/react';
import { beforeEach, expect, test, vi } from 'vitest';
import { RunSamplesPanel } from '../../../../../src-renderer/features/runs/page/run-samples.tsx';
import type { RunSamples } from '../../../../../src-shared/domain/runs/run-samples.ts';
import { backend } from '../../../fake-backend.ts';
import { renderInWindow } from '../../../window.tsx';
import { makeRun } from '../run-records.ts';

vi.mock('../../../../../src-renderer/api/client.ts', async (original) => ({
  ...(await original<typeof import('../../../../../src-renderer/api/client.ts')>()),
  request: (await import('../../../fake-backend.ts')).request,
}));

beforeEach(() => {
  backend.asked = [];
});

function open(samples: RunSamples) {
  backend.answers = { 'runs.samples': () => samples };
  return renderInWindow(<RunSamplesPanel run={makeRun('a', { accuracy: 0.5 })} />);
}

test('a prompt has its answers by step, and the one of the data', async () => {
  const answers = (text: string) => [{ text, probability: null, isRight: null }];
  const view = open({
    inputs: [{ kind: 'prompt', text: 'Name a sea.', reference: 'The North Sea' }],
    steps: [
      { step: 0, milliseconds: 100, answers: answers('') },
      { step: 1000, milliseconds: 1500, answers: answers('A sea') },
    ],
  });
  const table = within(await view.findByRole('table', { name: 'Answers to prompt 1' }));
  const rows = table.getAllByRole('row').map((row) => row.textContent);
  expect(rows).toEqual(['StepAnswer', '0(nothing)', '1,000A sea', 'ReferenceThe North Sea']);
  expect(view.getByText('Name a sea.')).toBeTruthy();
  expect(view.getByText(/Generated in 1\.5 s at the last evaluation/)).toBeTruthy();
});

test('an image has its class at each step, and says whether it is right', async () => {
  const answer = (text: string, isRight: boolean) => [{ text, probability: 0.625, isRight }];
  const pixels = Uint8Array.of(0, 255, 0, 255);
  const steps = Array.from({ length: 20 }, (_, at) => ({
    step: at * 10,
    milliseconds: 0,
    answers: answer(at < 5 ? 'dog' : 'cat', at >= 5),
  }));
  const view = open({
    inputs: [{ kind: 'image', truth: 'cat', height: 2, width: 2, channels: 1, pixels }],
    steps,
  });
  const table = within(await view.findByRole('table', { name: 'Samples' }));
  expect(table.getByRole('img', { name: 'Example 1: cat' })).toBeTruthy();
  const heads = table.getAllByRole('columnheader').map(({ textContent }) => textContent);
  expect(heads.slice(0, 3)).toEqual(['Example', 'Label', 'Step 0']);
  expect(heads).toHaveLength(10);
  expect(heads.at(-1)).toBe('Step 190');
  const cells = table.getAllByRole('cell').map(({ textContent }) => textContent);
  expect(cells.at(2)).toBe('wrong:dog62.5 %');
  expect(cells.at(-1)).toBe('right:cat62.5 %');
  expect(view.getByText('8 of 20 evaluations')).toBeTruthy();
});

test('without samples it says what to set', async () => {
  const view = open({ inputs: [], steps: [] });
  expect(await view.findByText(/No samples: set eval_steps/)).toBeTruthy();
});
