import { type Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import { evaluationParameters, type MergeMatrix } from '../../../src-shared/domain/evaluation/evaluation.ts';
import {
  type MergeWeight,
  mergeWeightSchema,
  placeboParameters,
  placeboSchema,
  tuningParameters,
  tuningSchema,
  weightFromText,
} from '../../../src-shared/domain/merging/merge.ts';
import { type Mergeability, mapNote, type PairMeasures } from '../../../src-shared/domain/merging/mergeability.ts';
import { type ParameterValues, parameterValuesSchema } from '../../../src-shared/domain/parameters/parameter.ts';
import { formatFixed } from '../../../src-shared/format/numbers.ts';
import { accuracy as accuracyMetric } from '../../../src-shared/metrics/accuracy.ts';
import { scoreText } from '../../../src-shared/metrics/index.ts';
import { forgettingHeading, riseText } from '../../../src-shared/results/forgetting.ts';
import { catalog } from '../../backend/index.ts';
import { type Answer, addCommand, type CommandContext } from '../command.ts';
import { followJob, jobResult } from '../follow.ts';
import { formatPercent, formatTable } from '../format.ts';
import { addMethodOptions, addNumberOption, givenParameters } from '../method-options.ts';
import { findRun } from '../references.ts';
import { readYamlFile } from '../yaml-file.ts';
import { findWeighted } from './eval.ts';

const declarations = catalog.mergeMethods;

/** merge.yaml: the same as the options. */
const fileSchema = z.strictObject({
  name: z.string().optional(),
  method: z.string(),
  parameters: parameterValuesSchema.default({}),
  adapters: z
    .array(z.union([z.string(), z.strictObject({ adapter: z.string(), weight: mergeWeightSchema.default(1) })]))
    .default([]),
  /** A run whose checkpoints are merged, all alike but for what the method makes of their order. */
  checkpoints: z.string().optional(),
  eval_samples: z.number().int().min(0).default(0),
  ...tuningSchema.shape,
  ...placeboSchema.shape,
  out: z.string().optional(),
});

interface Plan {
  readonly name: string | undefined;
  readonly method: string;
  readonly parameters: ParameterValues;
  readonly adapters: readonly string[];
  readonly weights: readonly MergeWeight[] | undefined;
  readonly checkpoints: string | undefined;
  readonly evalSamples: number;
  readonly tuningSamples: number;
  readonly placebos: boolean;
  readonly out: string | undefined;
}

export function addMergeCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'merge [file]',
    summary: 'merge adapters of one base, then score the result, each adapter and the base on their datasets',
    options(command) {
      command
        .option('--method <method>', 'the method, from the list below')
        .option('--adapters <adapter...>', 'ids, names, runs or folders')
        .option(
          '--weights <weight...>',
          'one weight per adapter (default: 1): a number, or one for each layer as 0.5,0.25,…',
          collectWeight,
        )
        .option('--checkpoints <run>', 'merge the checkpoints of this run, by id or name')
        .option('--preflight', 'say whether the adapters go together, by layer and pair, and merge nothing')
        .option('--placebos', placeboParameters()[0]?.help ?? '')
        .option('--name <name>', 'what to call the merged adapter')
        .option('--out <folder>', 'also write the merged adapter there as a PEFT folder');
      addNumberOption(command, evaluationParameters(), 'eval_samples', '--samples');
      addNumberOption(command, tuningParameters(), 'tuning_samples');
      addMethodOptions(command, declarations, { heading: 'Methods', noun: 'method', option: '--method' });
    },
    input: z.looseObject({
      file: z.string().optional(),
      method: z.string().optional(),
      adapters: z.array(z.string()).default([]),
      weights: z.array(mergeWeightSchema).optional(),
      checkpoints: z.string().optional(),
      name: z.string().optional(),
      evalSamples: z.number(),
      tuningSamples: z.number(),
      placebos: z.boolean().default(false),
      preflight: z.boolean().default(false),
      out: z.string().optional(),
    }),
    async run(input, { terminal, withStudio }) {
      const plan = input.file === undefined ? planFromOptions(input) : await planFromFile(input.file, input.out);
      const makesOutputs = declarations.find(({ id }) => id === plan.method)?.makes === 'outputs';
      if (plan.out !== undefined && makesOutputs)
        throw new StudioError(
          'refused',
          `The method ${plan.method} merges outputs: there is no adapter to write to ${plan.out}.`,
          'Leave --out away, or choose another method.',
        );
      return withStudio(async (client) => {
        const weighted = await inputsOf(client, plan);
        const { method, parameters } = plan;
        if (input.preflight) return preflight(client, weighted, { method, parameters });
        for (const line of await client.request('merge.preflight', { adapters: weighted, method, parameters }))
          if (line.verdict === 'warning') terminal.report(`warning: ${line.message}\n`);
        const job = await client.request('merge.start', {
          adapters: weighted,
          method,
          parameters,
          eval_samples: plan.evalSamples,
          tuning_samples: plan.tuningSamples,
          placebos: plan.placebos,
          ...(plan.name === undefined ? {} : { name: plan.name }),
        });
        await followJob(client, job, terminal);
        const { adapterId, matrix, notes = [] } = await jobResult(client, job, 'merge');
        const written =
          plan.out === undefined || adapterId === null
            ? null
            : await client.request('adapters.export', { id: adapterId, directory: plan.out });
        const lines = [
          adapterId === null ? '' : `adapter  ${adapterId}\n`,
          written === null ? '' : `written  ${written.directory}\n`,
          ...notes.map((note) => `${note}\n`),
          matrix.rows.length === 0 ? '' : `\n${matrixText(matrix)}`,
        ];
        return { json: { adapterId, directory: written?.directory ?? null, matrix, notes }, text: lines.join('') };
      });
    },
  });
}

/** The checks of a merge, and the similarity of the adapters. */
async function preflight(
  client: StudioClient,
  adapters: { adapterId: string; weight: MergeWeight }[],
  { method, parameters }: Pick<Plan, 'method' | 'parameters'>,
): Promise<Answer> {
  const lines = await client.request('merge.preflight', { adapters, method, parameters });
  const checks = lines.map(({ verdict, message, remedy }) =>
    [verdict.padEnd(8), message, ...(verdict === 'ok' || remedy === null ? [] : [remedy])].join(' '),
  );
  if (lines.some(({ verdict }) => verdict === 'refused'))
    return { json: { lines, mergeability: null }, text: `${checks.join('\n')}\n` };
  const mergeability = await client.request('merge.mergeability', { adapters });
  return {
    json: { lines, mergeability },
    text: `${checks.join('\n')}\n\n${mergeabilityText(mergeability)}`,
  };
}

function mergeabilityText({ names, layers, pairs, cells }: Mergeability): string {
  const columns = ['layer', 'pair', 'overlap', 'random', 'deviations', 'sign conflict', 'cosine', 'norm balance'];
  const row = (layer: string, pair: number, measures: PairMeasures | null) => {
    const { first = 0, second = 0 } = pairs[pair] ?? {};
    const who = `${first + 1} · ${second + 1}`;
    if (measures === null) return [layer, who, ...Array.from({ length: 6 }, () => '–')];
    const { overlap, expected, deviations, conflict, cosine, balance } = measures;
    return [
      layer,
      who,
      overlap.toFixed(3),
      expected.toFixed(3),
      formatFixed(deviations, 1),
      formatPercent(conflict),
      formatFixed(cosine, 3),
      balance.toFixed(2),
    ];
  };
  const rows = [
    ...layers.flatMap((layer, at) =>
      pairs.map((_, pair) => row(layer === null ? 'other' : String(layer), pair, cells[at]?.[pair] ?? null)),
    ),
    ...pairs.map((measures, pair) => row('all', pair, measures)),
  ];
  const adapters = names.map((name, index) => `${index + 1} ${name}`).join(', ');
  return `adapters: ${adapters}\n${formatTable(columns, rows, 2)}\n${mapNote}\n`;
}

/** The adapters with their weights, or the checkpoints of a run with the weight 1. */
async function inputsOf(client: StudioClient, plan: Plan): Promise<{ adapterId: string; weight: MergeWeight }[]> {
  const { checkpoints, adapters, weights } = plan;
  if (checkpoints === undefined) {
    const found = await findWeighted(client, adapters, weights);
    return found.map(({ record, weight }) => ({ adapterId: record.id, weight }));
  }
  if (adapters.length > 0 || weights !== undefined)
    throw new StudioError(
      'invalid_input',
      'A merge takes adapters with their weights or the checkpoints of a run, not both.',
      'To weigh checkpoints, name their adapters: "<run>, step <step>".',
    );
  const { id } = await findRun(client, checkpoints);
  const found = await client.request('runs.checkpointAdapters', { id });
  return found.map((record) => ({ adapterId: record.id, weight: 1 }));
}

/** For options that take several weights. */
function collectWeight(text: string, before: readonly MergeWeight[] = []): MergeWeight[] {
  const weight = weightFromText(text);
  if (weight === null) throw new InvalidArgumentError(`"${text}" is not a number, nor numbers with commas between.`);
  return [...before, weight];
}

function planFromOptions(input: {
  method?: string | undefined;
  adapters: string[];
  weights?: MergeWeight[] | undefined;
  checkpoints?: string | undefined;
  name?: string | undefined;
  evalSamples: number;
  tuningSamples: number;
  placebos: boolean;
  out?: string | undefined;
}): Plan {
  if (input.method === undefined || (input.adapters.length === 0 && input.checkpoints === undefined))
    throw new StudioError(
      'invalid_input',
      'Nothing to merge.',
      'Give a merge.yaml, or --method and --adapters (or --checkpoints of a run).',
    );
  return {
    name: input.name,
    method: input.method,
    parameters: givenParameters(declarations, input.method, input),
    adapters: input.adapters,
    weights: input.weights,
    checkpoints: input.checkpoints,
    evalSamples: input.evalSamples,
    tuningSamples: input.tuningSamples,
    placebos: input.placebos,
    out: input.out,
  };
}

async function planFromFile(file: string, out: string | undefined): Promise<Plan> {
  const parsed = fileSchema.safeParse(await readYamlFile(file));
  if (!parsed.success)
    throw new StudioError(
      'invalid_input',
      `${file} is not valid: ${describeIssues(parsed.error)}.`,
      `Its keys are ${Object.keys(fileSchema.shape).join(', ')}.`,
    );
  const { name, method, parameters, adapters, checkpoints, eval_samples, tuning_samples, placebos } = parsed.data;
  return {
    name,
    method,
    parameters,
    adapters: adapters.map((entry) => (typeof entry === 'string' ? entry : entry.adapter)),
    weights:
      checkpoints === undefined ? adapters.map((entry) => (typeof entry === 'string' ? 1 : entry.weight)) : undefined,
    checkpoints,
    evalSamples: eval_samples,
    tuningSamples: tuning_samples,
    placebos,
    out: out ?? parsed.data.out,
  };
}

function matrixText({ columns, rows }: MergeMatrix): string {
  const heading = forgettingHeading(columns.map(({ forgetting }) => forgetting));
  return formatTable(
    ['dataset', ...columns.map(({ label }) => label)],
    [
      ...rows.map(({ datasetName, accuracies }) => [
        datasetName,
        ...accuracies.map((accuracy) => scoreText(accuracyMetric.id, accuracy)),
      ]),
      ...(heading === null
        ? []
        : [[heading.toLowerCase(), ...columns.map(({ forgetting }) => riseText(forgetting?.rise))]]),
    ],
    1,
  );
}
