import type { RunSamples } from '../../src-shared/domain/runs/run-samples.ts';
import { sampleTable } from '../../src-shared/results/sample-table.ts';
import { spreadOver } from '../../src-shared/results/shown-steps.ts';
import { formatTable } from './format.ts';

/** Evaluations that fit beside each other, and below each other. */
const most = { columns: 6, rows: 12 };

/** A run's samples: a table of classes, or each prompt with its answers below it. */
export function samplesText(name: string, samples: RunSamples): string {
  const { inputs, steps } = samples;
  if (steps.length === 0) return `${name} has no samples. They are kept where eval_steps or sample_prompts is set.\n`;
  if (inputs.some(({ kind }) => kind !== 'prompt')) {
    const { columns, rows } = sampleTable(name, samples, most.columns);
    const header = columns.map(({ label }) => label.toLowerCase());
    const cells = rows.map((row) => row.cells.map(onOneLine));
    return formatTable(header, cells, columns.length);
  }
  return inputs
    .map((input, place) => {
      const answers = spreadOver(steps, most.rows).map(
        ({ step, answers: all }) => `step ${step}: ${onOneLine(all[place]?.text ?? '')}\n`,
      );
      const reference =
        input.kind === 'prompt' && input.reference !== null ? `in the data: ${onOneLine(input.reference)}\n` : '';
      return `${input.kind === 'prompt' ? input.text.trimEnd() : ''}\n\n${answers.join('')}${reference}`;
    })
    .join('\n---\n\n');
}

function onOneLine(text: string): string {
  const line = text.replaceAll(/\s*\n\s*/g, ' ⏎ ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
