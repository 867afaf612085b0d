import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import {
  type EvaluationResult,
  evaluationParameters,
  type ReliabilityBin,
} from '../../../src-shared/domain/evaluation/evaluation.ts';
import { midSentence } from '../../../src-shared/format/mid-sentence.ts';
import { accuracy } from '../../../src-shared/metrics/accuracy.ts';
import { entityF1 } from '../../../src-shared/metrics/entities.ts';
import { scoreText, valueText } from '../../../src-shared/metrics/index.ts';
import { loss } from '../../../src-shared/metrics/loss.ts';
import { namedScores } from '../../../src-shared/results/headline.ts';
import { pairedText } from '../../../src-shared/results/paired-outcomes.ts';
import { parseYaml } from '../../files/yaml.ts';
import { runBenchmarks } from '../benchmarks.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { followJob, jobResult } from '../follow.ts';
import { formatCount, formatDuration, formatSummary, formatTable } from '../format.ts';
import { addNumberOption, collectNumber } from '../method-options.ts';
import { findAdapter, findDataset, findModel, modelOf } from '../references.ts';
import { forgettingLine } from '../run-text.ts';
import { collectAssignment } from './train.ts';

const input = z.object({
  model: z.string().optional(),
  dataset: z.string().optional(),
  tasks: z.string().optional(),
  numFewshot: z.number().optional(),
  applyChatTemplate: z.boolean().default(false),
  fewshotAsMultiturn: z.enum(['true', 'false']).optional(),
  systemInstruction: z.string().optional(),
  out: z.string().optional(),
  adapter: z.array(z.string()).default([]),
  weights: z.array(z.number()).optional(),
  against: z.string().optional(),
  evalSamples: z.number(),
  predictions: z.string().optional(),
  set: z.array(z.tuple([z.string(), z.string()])).default([]),
});

export function addEvalCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'eval',
    summary:
      'score a base, an adapter, or an ensemble of adapters on the test split of a dataset, or on tasks of lm-eval',
    options(command) {
      command
        .option('--model <model>', 'id, name or folder (default: the base of the first adapter)')
        .option('--dataset <dataset>', 'id, name or folder')
        .option(
          '--tasks <path>',
          "instead of a dataset: a task's YAML in lm-eval's form with data on this machine, or a folder of these",
        )
        .option(
          '--adapter <adapter...>',
          'id, name, run or folder; several are averaged as an ensemble, with --tasks beside each other and the base',
        )
        .option('--weights <number...>', 'one weight per adapter (default: 1)', collectNumber)
        .option(
          '--set <key=value...>',
          "another setting of the task than the adapter's run had, e.g. max_length=128 or prompt_template=...",
          collectAssignment,
        );
      command.option(
        '--against <adapter>',
        'another adapter to evaluate on the same examples: which of both is right where, and McNemar’s exact test',
      );
      command.option(
        '--predictions <file.jsonl>',
        'write the truth, the prediction and the scores of each example there, one JSON object a line',
      );
      command
        .option(
          '--num-fewshot <number>',
          'with --tasks: examples before each question (default: as each task says)',
          collectCount,
        )
        .option('--apply-chat-template', "with --tasks: prompts are conversations, by the base's chat template")
        .addOption(
          new Option(
            '--fewshot-as-multiturn <boolean>',
            'with --apply-chat-template: few-shot examples are turns of their own (default: true), or all are in one',
          ).choices(['true', 'false']),
        )
        .option('--system-instruction <text>', 'with --tasks: text before the description of each task')
        .option('--out <folder>', "with --tasks: write each model's results there as lm-eval does");
      addNumberOption(command, evaluationParameters(), 'eval_samples', '--samples');
    },
    input,
    async run(options, { terminal, withStudio }) {
      const { model, dataset, tasks, adapter, weights, against, evalSamples, predictions, set } = options;
      checkTogether(options);
      const file = predictions === undefined ? null : resolve(predictions);
      if (file !== null && existsSync(file))
        throw new StudioError('refused', `${file} already exists.`, 'Choose another file: nothing is overwritten.');
      return withStudio(async (client) => {
        const given = model === undefined ? undefined : (await findModel(client, model)).id;
        const adapters = await findWeighted(client, adapter, weights, given);
        const modelId = given ?? modelOf(adapters.map(({ record }) => record));
        if (modelId === undefined)
          throw new StudioError('invalid_input', 'Nothing to evaluate.', 'Give --model, --adapter, or both.');
        if (tasks !== undefined) {
          const { numFewshot: shots = null, out = null } = options;
          const chat = {
            apply_chat_template: options.applyChatTemplate,
            fewshot_as_multiturn: options.fewshotAsMultiturn !== 'false',
            system_instruction: options.systemInstruction ?? null,
          };
          const order = { modelId, tasks, adapters: adapters.map(({ record }) => record), limit: evalSamples };
          return runBenchmarks(client, { ...order, shots, chat, out }, terminal);
        }
        const job = await client.request('evaluate.start', {
          model: modelId,
          dataset: (await findDataset(client, dataset ?? '', terminal)).id,
          eval_samples: evalSamples,
          settings: Object.fromEntries(set.map(([key, value]) => [key, parseYaml(value, `--set ${key}`)])),
          adapters: adapters.map(({ record, weight }) => ({ adapter: { adapterId: record.id }, weight })),
          predictions: file,
          ...(against === undefined
            ? {}
            : { against: { adapterId: (await findAdapter(client, against, modelId)).id } }),
        });
        await followJob(client, job, terminal);
        const result = await jobResult(client, job, 'evaluate');
        return {
          json: { ...result, ...(file === null ? {} : { predictions: file }) },
          text: describe(result) + (file === null ? '' : `\npredictions  ${file}\n`),
        };
      });
    },
  });
}

/** @throws StudioError invalid_input for options of a dataset and of tasks at once */
function checkTogether(given: z.infer<typeof input>): void {
  if ((given.dataset === undefined) === (given.tasks === undefined))
    throw new StudioError('invalid_input', 'Give either --dataset or --tasks.', '--tasks tasks/arc.yaml');
  const { numFewshot, out, systemInstruction, applyChatTemplate, fewshotAsMultiturn } = given;
  if (given.tasks === undefined && ((numFewshot ?? out ?? systemInstruction) !== undefined || applyChatTemplate))
    throw new StudioError(
      'invalid_input',
      '--num-fewshot, --apply-chat-template, --system-instruction and --out are for --tasks.',
      'Leave them out.',
    );
  if (fewshotAsMultiturn !== undefined && !applyChatTemplate)
    throw new StudioError(
      'invalid_input',
      '--fewshot-as-multiturn is for --apply-chat-template.',
      'Give both, or none.',
    );
  if (given.tasks !== undefined && (given.weights ?? given.against ?? given.predictions ?? given.set[0]) !== undefined)
    throw new StudioError(
      'invalid_input',
      '--weights, --against, --predictions and --set are for --dataset.',
      'Leave them out.',
    );
}

function collectCount(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new InvalidArgumentError(`"${text}" is not a number of examples.`);
  return Number(text);
}

export interface WeightedAdapter<Weight = number> {
  readonly record: AdapterRecord;
  readonly weight: Weight | 1;
}

/** Adapters with their weights, 1 each where none are given. Throws where the numbers of both differ. */
export async function findWeighted<Weight = number>(
  client: StudioClient,
  references: readonly string[],
  weights: readonly Weight[] | undefined,
  modelId?: string,
): Promise<WeightedAdapter<Weight>[]> {
  if (weights !== undefined && weights.length !== references.length)
    throw new StudioError('invalid_input', `There are ${references.length} adapters, but ${weights.length} weights.`);
  const found: WeightedAdapter<Weight>[] = [];
  for (const [index, reference] of references.entries())
    found.push({ record: await findAdapter(client, reference, modelId), weight: weights?.[index] ?? 1 });
  return found;
}

function describe(result: EvaluationResult): string {
  const facts = formatSummary([
    ...namedScores(result).map(({ label, text }) => [midSentence(label), text] as const),
    [midSentence(loss.label), valueText(loss.id, result.loss)],
    ...(result.forgetting === null ? [] : [forgettingLine(result.forgetting)]),
    ...(result.against === undefined ? [] : [[`against ${result.against.name}`, pairedText(result.against)] as const]),
    ['examples', formatCount(result.examples)],
    ['took', formatDuration(result.seconds)],
  ]);
  const perLabel = result.confusion.map((row, label) => {
    const count = row.reduce((sum, value) => sum + value, 0);
    return [
      result.labels[label] ?? String(label),
      String(count),
      scoreText(accuracy.id, count === 0 ? null : (row[label] ?? 0) / count),
    ];
  });
  if (result.entities !== undefined) {
    const rows = result.entities.map(({ type, f1, precision, recall, count }) => [
      type,
      String(count),
      ...[f1, precision, recall].map((share) => scoreText(entityF1.id, share)),
    ]);
    return `${facts}\n${formatTable(['entity', 'true', 'F1', 'precision', 'recall'], rows, 1)}`;
  }
  const tables = [
    ...(perLabel.length === 0 ? [] : [formatTable(['label', 'examples', 'right'], perLabel, 1)]),
    ...(result.reliability === undefined ? [] : [reliabilityTable(result.reliability)]),
  ];
  return [facts, ...tables].join('\n');
}

/** Confidence and accuracy by bins of the confidence, without empty bins. */
function reliabilityTable(bins: readonly ReliabilityBin[]): string {
  const rows = bins.flatMap(({ examples, confidence, accuracy: right }, at) => {
    const [low, high] = [at, at + 1].map((edge) => scoreText(accuracy.id, edge / bins.length));
    return examples === 0
      ? []
      : [[`${low} to ${high}`, String(examples), scoreText(accuracy.id, confidence), scoreText(accuracy.id, right)]];
  });
  return formatTable(['probability of the prediction', 'examples', 'mean', 'right'], rows, 1);
}
