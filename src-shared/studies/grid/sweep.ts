import { z } from 'zod';
import { StudioError } from '../../contract/errors.ts';
import type { Declaration } from '../../domain/parameters/parameter.ts';
import { nameOfRecord } from '../config/catalog-words.ts';
import { valuesOf } from '../config/composing.ts';
import { defineStudy } from '../define-study.ts';
import { gridFromText } from './grid-cells.ts';
import {
  budgetOf,
  choicesFromText,
  choiceText,
  describeBudget,
  describeControls,
  gridParameters,
  gridText,
  headsOf,
  normsOf,
  seedsHelp,
  tuneOf,
  tuneParameters,
  tuneText,
  usualSeeds,
} from './grid-choices.ts';
import { gridFigures } from './grid-figures.ts';
import { fixedDrawNotes, gridConfigShape, gridResultShape } from './grid-schemas.ts';
import { gridTables } from './grid-tables.ts';
import { tuneSchema } from './tuning.ts';
import { tuningFigures } from './tuning-figures.ts';

const declaration: Declaration = {
  id: 'sweep',
  label: 'Learning-rate sweep',
  summary:
    'The best learning rate of each cell of a grid, such as each variant with and without CoTo, all with the same budget, by the score on examples held out of the training; then the test score at that rate.',
  paper: {
    title: 'Learning Rate Matters: Vanilla LoRA May Suffice for LLM Fine-tuning',
    url: 'https://arxiv.org/abs/2602.04998',
  },
  parameters: [
    gridParameters.grid,
    ...tuneParameters([3e-4, 1e-3, 3e-3, 1e-2]),
    {
      name: 'seeds',
      label: 'Seeds of the test',
      type: 'integer-list',
      default: [...usualSeeds],
      minimum: 0,
      empty: 'no test: the sweep alone',
      help: `Every cell is trained at its best rate once on each and scored on the test split. ${seedsHelp}`,
    },
    gridParameters.metric,
    gridParameters.further_metrics,
    gridParameters.scores,
    gridParameters.head,
    gridParameters.norm,
    gridParameters.match,
  ],
};

const configSchema = z.strictObject({
  kind: z.literal('sweep'),
  ...gridConfigShape,
  grid: gridConfigShape.grid.default({}),
  tune: tuneSchema,
  seeds: z.array(z.number().int().min(0)).default([]).describe('of the test at the best rate; none: the sweep alone'),
});
export type SweepConfig = z.output<typeof configSchema>;

const resultSchema = z.object({ kind: z.literal('sweep'), ...gridResultShape });

/** Learning rates of each cell with an equal budget on a validation split, then the cells at their best rates. */
export const sweepStudy = defineStudy({
  kind: 'sweep',
  declaration,
  takes: 'run',
  configSchema,
  resultSchema,
  compose(input) {
    if (input.run === null) throw new StudioError('refused', 'Choose the run whose learning rate is swept.').at('run');
    const values = valuesOf(declaration, input);
    const tune = tuneOf(values);
    if (tune === null) throw new StudioError('invalid_input', 'Give two or more learning rates to try.').at('tune');
    return {
      kind: 'sweep' as const,
      run: input.run,
      grid: gridFromText(String(values['grid'])),
      tune,
      seeds: z.array(z.number()).parse(values['seeds']),
      metric: String(values['metric']),
      further_metrics: z.array(z.string()).parse(values['further_metrics']),
      scores: choicesFromText(String(values['scores'])),
      ...headsOf(values),
      ...normsOf(values),
      ...budgetOf(values),
    };
  },
  references: () => [],
  describeConfig: ({ run, grid, tune, seeds, metric, further_metrics, scores, head, norm, ...budget }, words) => [
    { label: 'Data', value: nameOfRecord(run.dataset, words) },
    { label: 'Base', value: nameOfRecord(run.model, words) },
    { label: 'Grid', value: gridText(grid, words) },
    { label: 'Learning rates', value: tuneText(tune) },
    { label: 'Seeds of the test', value: seeds.length === 0 ? 'none' : seeds.join(', ') },
    { label: 'Metric', value: [metric, ...further_metrics].join(', ') },
    { label: 'Scored', value: scores.map((choice) => choiceText(choice, words)).join(', ') },
    ...describeControls({ head, norm }),
    ...describeBudget(budget),
  ],
  table(result, { run }, { fields = null }) {
    const tables = gridTables(result, fields, { notes: fixedDrawNotes(run) });
    // The sweep itself first.
    return [...tables.slice(-1), ...tables.slice(0, -1)];
  },
  figures(result, _config, { fields = null }) {
    const figures = gridFigures(result, fields);
    const swept = result.tuning === null ? 0 : tuningFigures(result.tuning).length;
    const place = figures.length - swept;
    return [...figures.slice(place), ...figures.slice(0, place)];
  },
});
