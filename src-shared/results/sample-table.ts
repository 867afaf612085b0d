import type { RunSamples, SampleAnswer, SampleInput } from '../domain/runs/run-samples.ts';
import { formatCount } from '../format/numbers.ts';
import type { StudyTable } from '../studies/define-study.ts';
import { spreadOver } from './shown-steps.ts';

/** A row a sample, a column an evaluation: at most `most` of them, the first and the last among them. */
export function sampleTable(title: string, { inputs, steps }: RunSamples, most: number): StudyTable {
  const shown = spreadOver(steps, most);
  return {
    title,
    columns: [
      { label: 'Sample' },
      { label: inputs.some(({ kind }) => kind === 'prompt') ? 'In the data' : 'Truth' },
      ...shown.map(({ step }) => ({ label: `Step ${formatCount(step)}` })),
    ],
    rows: inputs.map((input, place) => ({
      cells: [inputText(input, place), truthOf(input), ...shown.map(({ answers }) => answerText(answers[place]))],
    })),
    notes: shown.length < steps.length ? [`${shown.length} of ${formatCount(steps.length)} evaluations.`] : [],
  };
}

function inputText(input: SampleInput, place: number): string {
  return input.kind === 'image' ? `image ${place + 1}` : input.text;
}

function truthOf(input: SampleInput): string {
  return input.kind === 'prompt' ? (input.reference ?? '–') : input.truth;
}

function answerText(answer: SampleAnswer | undefined): string {
  if (answer === undefined) return '–';
  const { text, probability, isRight } = answer;
  const mark = isRight === null ? '' : isRight ? '✓ ' : '✗ ';
  return `${mark}${text}${probability === null ? '' : ` (${(100 * probability).toFixed(0)} %)`}`;
}
