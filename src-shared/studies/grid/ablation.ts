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

const declaration: Declaration = {
  id: 'ablation',
  label: 'Ablation',
  summary:
    'Any grid over the fields of a run on paired seeds: mean of each cell, alone, merged or pruned, and its paired difference to a reference cell with 95 % intervals over seeds and test examples.',
  parameters: [
    gridParameters.grid,
    {
      name: 'seeds',
      label: 'Seeds',
      type: 'integer-list',
      default: [...usualSeeds],
      minimum: 0,
      help: `Every cell is trained once on each. ${seedsHelp}`,
    },
    gridParameters.metric,
    gridParameters.further_metrics,
    gridParameters.scores,
    gridParameters.head,
    gridParameters.norm,
    gridParameters.match,
    ...tuneParameters([]),
  ],
};

const configSchema = z.strictObject({
  kind: z.literal('ablation'),
  ...gridConfigShape,
  grid: gridConfigShape.grid.refine((grid) => Object.keys(grid).length > 0, 'Name at least one field with its values.'),
  seeds: z.array(z.number().int().min(0)).min(1),
  tune: tuneSchema.nullable().default(null).describe('a sweep of learning rates before it; null: none'),
});
export type AblationConfig = z.output<typeof configSchema>;

const resultSchema = z.object({ kind: z.literal('ablation'), ...gridResultShape });

/** A grid over a run's fields × paired seeds; trains what is missing. */
export const ablationStudy = defineStudy({
  kind: 'ablation',
  declaration,
  takes: 'run',
  configSchema,
  resultSchema,
  compose(input) {
    if (input.run === null) throw new StudioError('refused', 'Choose the run to vary.').at('run');
    const values = valuesOf(declaration, input);
    return {
      kind: 'ablation' as const,
      run: input.run,
      grid: gridFromText(String(values['grid'])),
      seeds: z.array(z.number()).parse(values['seeds']),
      metric: String(values['metric']),
      further_metrics: z.array(z.string()).parse(values['further_metrics']),
      scores: choicesFromText(String(values['scores'])),
      ...headsOf(values),
      ...normsOf(values),
      ...budgetOf(values),
      tune: tuneOf(values),
    };
  },
  references: () => [],
  describeConfig: ({ run, grid, seeds, metric, further_metrics, scores, head, norm, tune, ...budget }, words) => [
    { label: 'Data', value: nameOfRecord(run.dataset, words) },
    { label: 'Base', value: nameOfRecord(run.model, words) },
    { label: 'Grid', value: gridText(grid, words) },
    { label: 'Seeds', value: seeds.join(', ') },
    { label: 'Metric', value: [metric, ...further_metrics].join(', ') },
    { label: 'Scored', value: scores.map((choice) => choiceText(choice, words)).join(', ') },
    ...describeControls({ head, norm }),
    ...describeBudget(budget),
    { label: 'Learning rates', value: tune === null ? 'from the run and the grid' : tuneText(tune) },
  ],
  table: (result, { run }, { fields = null }) => gridTables(result, fields, { notes: fixedDrawNotes(run) }),
  figures: (result, _config, { fields = null }) => gridFigures(result, fields),
});
