import { z } from 'zod';
import { StudioError } from '../../contract/errors.ts';
import type { Declaration } from '../../domain/parameters/parameter.ts';
import { nameOfRecord } from '../config/catalog-words.ts';
import { valuesOf } from '../config/composing.ts';
import { defineStudy, type StudyWords } from '../define-study.ts';
import { gridFromText } from '../grid/grid-cells.ts';
import {
  choicesFromText,
  choiceText,
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
} from '../grid/grid-choices.ts';
import { labelled } from '../grid/grid-labels.ts';
import { fixedDrawNotes } from '../grid/grid-schemas.ts';
import { trajectoryFigures } from './trajectory-figures.ts';
import {
  shareText,
  type TrajectoryResult,
  trajectoryConfigSchema,
  trajectoryResultSchema,
  usualScores,
  usualShares,
} from './trajectory-schemas.ts';
import { trajectoryTables } from './trajectory-tables.ts';

const declaration: Declaration = {
  id: 'trajectory',
  label: 'Training trajectory',
  summary:
    'Any grid over the fields of a run on paired seeds, scored at checkpoints over training: alone, merged across seeds and pruned, with the forgetting of the base. Shows if adapters that stopped earlier merge or prune better.',
  paper: {
    title: 'Less is More: Undertraining Experts Improves Model Upcycling',
    url: 'https://arxiv.org/abs/2506.14126',
  },
  parameters: [
    gridParameters.grid,
    {
      name: 'shares',
      label: 'Shares of training',
      type: 'number-list',
      default: [...usualShares],
      above: 0,
      maximum: 1,
      help: 'Shares of the training after which the adapters are scored: 0.5 is half of it, 1 its end. The runs save a checkpoint there; those of completed runs are used.',
    },
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
    { ...gridParameters.scores, default: usualScores },
    gridParameters.head,
    gridParameters.norm,
    {
      name: 'forgetting',
      label: 'Forgetting',
      type: 'boolean',
      default: true,
      help: 'Also measures at every checkpoint what the adapter, merge or pruning costs the base on neutral inputs.',
    },
    ...tuneParameters([]),
  ],
};

/** Cells of a grid × paired seeds, scored at checkpoints of their training; trains what is missing. */
export const trajectoryStudy = defineStudy({
  kind: 'trajectory',
  declaration,
  takes: 'run',
  configSchema: trajectoryConfigSchema,
  resultSchema: trajectoryResultSchema,
  compose(input) {
    if (input.run === null) throw new StudioError('refused', 'Choose the run to follow over its training.').at('run');
    const values = valuesOf(declaration, input);
    return {
      kind: 'trajectory' as const,
      run: input.run,
      grid: gridFromText(String(values['grid'])),
      shares: z.array(z.number()).parse(values['shares']),
      seeds: z.array(z.number()).parse(values['seeds']),
      metric: String(values['metric']),
      further_metrics: z.array(z.string()).parse(values['further_metrics']),
      scores: choicesFromText(String(values['scores'])),
      ...headsOf(values),
      ...normsOf(values),
      forgetting: values['forgetting'] === true,
      tune: tuneOf(values),
    };
  },
  references: () => [],
  describeConfig: (
    { run, grid, shares, total_steps, seeds, metric, further_metrics, scores, head, norm, forgetting, tune },
    words,
  ) => [
    { label: 'Data', value: nameOfRecord(run.dataset, words) },
    { label: 'Base', value: nameOfRecord(run.model, words) },
    { label: 'Grid', value: gridText(grid, words) },
    {
      label: 'Checkpoints',
      value: `${shares.map(shareText).join(', ')}${total_steps === null ? '' : ` of ${total_steps} steps`}`,
    },
    { label: 'Seeds', value: seeds.join(', ') },
    { label: 'Metric', value: [metric, ...further_metrics].join(', ') },
    { label: 'Scored', value: scores.map((choice) => choiceText(choice, words)).join(', ') },
    ...describeControls({ head, norm }),
    { label: 'Forgetting', value: forgetting ? 'measured' : 'not measured' },
    { label: 'Learning rates', value: tune === null ? 'from the run and the grid' : tuneText(tune) },
  ],
  table: (result, { run }, words) => trajectoryTables(named(result, words), fixedDrawNotes(run)),
  figures: (result, _config, words) => trajectoryFigures(named(result, words)),
});

/** The result with its cells called by these words. */
function named(result: TrajectoryResult, words: StudyWords): TrajectoryResult {
  const { cells, tuning } = labelled({ ...result, outcomes: [] }, words.fields ?? null);
  return { ...result, cells, tuning };
}
