import { resolve } from 'node:path';
import type { Command } from 'commander';
import { z } from 'zod';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import { describeSchedule } from '../../../src-shared/coto/describe.ts';
import { type AdapterContents, type AdapterRecord, baseNameOf } from '../../../src-shared/domain/adapters/adapter.ts';
import { verdictWords } from '../../../src-shared/domain/app/runtime.ts';
import { textOfValue } from '../../../src-shared/domain/parameters/parameter-text.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { midSentence } from '../../../src-shared/format/mid-sentence.ts';
import { isLossy, lossText } from '../../../src-shared/results/conversion.ts';
import { headlineOf, headlineText } from '../../../src-shared/results/headline.ts';
import { addCommand, addGroup, type CommandContext } from '../command.ts';
import { followJob } from '../follow.ts';
import { formatCount, formatSummary, formatTable, formatTime } from '../format.ts';
import { findAdapter, findModel } from '../references.ts';
import { numbersOf } from '../run-text.ts';
import type { Terminal } from '../terminal.ts';

export function addAdapterCommands(parent: Command, context: CommandContext): void {
  const group = addGroup(parent, 'adapters', 'adapters: list, show, import, export');

  addCommand(group, context, {
    usage: 'list',
    summary: 'list the adapters',
    input: z.object({}),
    async run(_, { withStudio }) {
      const adapters = await withStudio((client) => client.request('adapters.list', {}));
      const text = formatTable(
        ['id', 'name', 'model', 'variant', 'r', 'CoTo', 'score', 'from'],
        adapters.map((adapter) => [
          adapter.id,
          adapter.name,
          baseNameOf(adapter),
          adapter.variant,
          textOfValue(adapter.parameters['r']),
          adapter.coto === null ? '–' : 'yes',
          headlineText(adapter) || '–',
          adapter.origin.kind,
        ]),
      );
      return { json: adapters, text };
    },
  });

  addCommand(group, context, {
    usage: 'show <adapter>',
    summary: 'show an adapter: its config, modules and origin, and which programs load it',
    input: z.object({ adapter: z.string() }),
    async run({ adapter: reference }, { withStudio }) {
      return withStudio(async (client) => {
        const adapter = await findAdapter(client, reference);
        const contents = await client.request('adapters.contents', { id: adapter.id });
        return { json: { ...adapter, contents }, text: describeAdapter(adapter, contents) };
      });
    },
  }).alias('inspect');

  addCommand(group, context, {
    usage: 'import <path>',
    summary:
      'import an adapter (copied): a PEFT or MLX folder, a kohya, ComfyUI or diffusers file, a GGUF adapter, or a fine-tuned model’s folder as the nearest LoRA',
    options: (command) =>
      void command
        .option(
          '--model <model>',
          'its base model (default: the one whose modules match; without one, merging and pruning still work)',
        )
        .option('--name <name>', 'what to call it (default: the name of the file or folder)')
        .option(
          '--rank <number>',
          'the highest rank of a module whose kind becomes LoRA (a fine-tuned model, LyCORIS full, GLoRA, OFT, …; default: 64)',
        ),
    input: z.object({
      path: z.string(),
      model: z.string().optional(),
      name: z.string().optional(),
      rank: z.coerce.number().int().min(1).max(1024).optional(),
    }),
    async run({ path, model, name, rank }, { terminal, withStudio }) {
      return withStudio(async (client) => {
        const modelId = model === undefined ? undefined : (await findModel(client, model)).id;
        const adapter = await followImports(client, terminal, () =>
          client.request('adapters.import', {
            path: resolve(path),
            ...(modelId === undefined ? {} : { modelId }),
            ...(name === undefined ? {} : { name }),
            ...(rank === undefined ? {} : { rank }),
          }),
        );
        return { json: adapter, text: `${describeAdapter(adapter)}${conversionText(adapter)}` };
      });
    },
  });

  addCommand(group, context, {
    usage: 'export <adapter>',
    summary: 'write an adapter as a PEFT folder',
    options: (command) => void command.requiredOption('--out <folder>', 'a new or empty folder, or a parent folder'),
    input: z.object({ adapter: z.string(), out: z.string() }),
    async run({ adapter: reference, out }, { withStudio }) {
      return withStudio(async (client) => {
        const { id } = await findAdapter(client, reference);
        const written = await client.request('adapters.export', { id, directory: out });
        return { json: written, text: `${written.directory}\n` };
      });
    },
  });
}

/** Shows the progress of the job of an import that takes long; Ctrl+C cancels the job. */
async function followImports<Result>(
  client: StudioClient,
  terminal: Terminal,
  start: () => Promise<Result>,
): Promise<Result> {
  const followed: Promise<unknown>[] = [];
  const stop = client.on('job.changed', (job) => {
    // The request itself fails with the reason of the job.
    if (job.kind === 'import-adapter' && followed.length === 0)
      followed.push(followJob(client, job, terminal).catch(() => null));
  });
  try {
    return await start();
  } finally {
    stop();
    await Promise.all(followed);
  }
}

/** Modules whose conversion to LoRA loses more than rounding, the largest errors first. */
function conversionText({ origin }: AdapterRecord): string {
  if (origin.kind !== 'import' || origin.conversion === undefined) return '';
  const { rank, modules } = origin.conversion;
  const lossy = modules.filter(isLossy);
  if (lossy.length === 0) return '';
  const rows = lossy.slice(0, maxListed).map((one) => [one.name, String(one.rank), lossText(one.error)]);
  const further = lossy.length - rows.length;
  const rest = further > 0 ? `… and ${further} more (--json lists all)\n` : '';
  return `\n${formatTable(['module', 'rank', 'error of ΔW'], rows, 1)}${rest}A higher --rank loses less (up to 1024; it was ${rank}).\n`;
}

const maxListed = 10;

/** Summarizes an adapter's tensors; empty facts are left out. */
function summarizeContents(contents: AdapterContents): [string, string][] {
  const { linears, embeddings, parts, replacedBiases, whole } = contents;
  const facts: [string, string][] = [
    ['adapted', [`${linears} linears`, ...embeddings].join(', ')],
    [
      'tensors',
      Object.entries(parts)
        .map(([part, count]) => `${count} ${part}`)
        .join(', '),
    ],
    ['biases', replacedBiases > 0 ? `${replacedBiases} in place of the base's` : ''],
    ['saved tensors', whole.join(', ')],
    ...contents.runtimes.map(({ label, verdict, message, remedy }): [string, string] => [
      `in ${label}`,
      `${verdictWords[verdict]}. ${message}${remedy === null ? '' : ` (coto export --to ${remedy.target})`}`,
    ]),
  ];
  return facts.filter(([, text]) => text !== '');
}

function baseText(adapter: AdapterRecord): string {
  const { modelId, foreignBase } = adapter;
  if (modelId !== null) return modelId;
  const hash = foreignBase?.hash ? `, hash ${foreignBase.hash}` : '';
  return `${baseNameOf(adapter)}${hash} (not in the studio)`;
}

export function describeAdapter(adapter: AdapterRecord, contents: AdapterContents | null = null): string {
  const { coto, origin } = adapter;
  const score = headlineOf(adapter);
  return formatSummary([
    ['adapter', adapter.id],
    ['name', adapter.name],
    ['base', baseText(adapter)],
    ['variant', [adapter.variant, ...numbersOf(adapter.parameters)].join(', ')],
    ['target modules', adapter.targetModules.join(', ')],
    ['layers', formatRanges(adapter.layers)],
    ['saved modules', adapter.modulesToSave.join(', ') || 'none'],
    ...(contents === null ? [] : summarizeContents(contents)),
    ['schedule', coto === null ? 'without CoTo' : describeSchedule(coto)],
    [
      'from',
      origin.kind === 'run' ? `run ${origin.runId}, ${origin.checkpoint} checkpoint, step ${origin.step}` : origin.kind,
    ],
    ...(origin.kind === 'import' && origin.note !== undefined ? [['import', origin.note] as const] : []),
    [
      score === null ? 'score' : midSentence(score.label),
      score === null ? '–' : `${score.text} on ${adapter.datasetId ?? 'its dataset'}`,
    ],
    ['parameters', `${formatCount(adapter.parameterCount)}, ${formatBytes(adapter.sizeBytes)}`],
    ['sha256', adapter.sha256],
    ['made', formatTime(adapter.createdAt)],
  ]);
}

/** Whole numbers in order, runs of three and more as "0–11". */
function formatRanges(numbers: readonly number[]): string {
  const runs: [first: number, last: number][] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && number === run[1] + 1) run[1] = number;
    else runs.push([number, number]);
  }
  return runs
    .map(([first, last]) => (last - first > 1 ? `${first}–${last}` : first === last ? `${first}` : `${first}, ${last}`))
    .join(', ');
}
