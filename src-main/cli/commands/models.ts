import type { Command } from 'commander';
import { z } from 'zod';
import type { CachedModel, DownloadPlan } from '../../../src-shared/domain/models/hub.ts';
import { isGguf, type ModelRecord, textLimit } from '../../../src-shared/domain/models/model.ts';
import { bestChoice, type ModelMemory } from '../../../src-shared/domain/models/model-memory.ts';
import { quantizationSchema, quantizations } from '../../../src-shared/domain/models/quantization.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { addCommand, addGroup, type CommandContext } from '../command.ts';
import { followJob, jobResult } from '../follow.ts';
import { countBySuffix, formatCount, formatSummary, formatTable, onDevice } from '../format.ts';
import { findModel } from '../references.ts';

export function addModelCommands(parent: Command, context: CommandContext): void {
  const group = addGroup(parent, 'models', 'base models: add, list, show');

  addCommand(group, context, {
    usage: 'add <path>',
    summary: 'add a Hugging Face model folder to the library, in place; or a GGUF file, which is converted to one',
    options: (command) =>
      void command
        .option('--name <name>', 'what to call it (default: the name of the folder or file)')
        .option('--float32', 'write the quantized weights of a GGUF file as float32, which Transformers reads too'),
    input: z.object({ path: z.string(), name: z.string().optional(), float32: z.boolean().default(false) }),
    async run({ path, name, float32 }, { terminal, withStudio }) {
      const named = name === undefined ? {} : { name };
      const model = await withStudio(async (client) => {
        if (!isGguf(path)) return client.request('models.add', { path, ...named });
        const job = await followJob(
          client,
          await client.request('models.convert', { file: path, float32, ...named }),
          terminal,
        );
        const { modelId } = await jobResult(client, job, 'convert');
        return client.request('models.get', { id: modelId });
      });
      return { json: model, text: describeModel(model) };
    },
  });

  addCommand(group, context, {
    usage: 'list',
    summary: 'list the models of the library, or those in the Hugging Face cache',
    options: (command) => void command.option('--cache', 'those in the Hugging Face cache (HF_HUB_CACHE, HF_HOME)'),
    input: z.object({ cache: z.boolean().default(false) }),
    async run({ cache }, { withStudio }) {
      if (cache) {
        const cached = await withStudio((client) => client.request('models.cached', {}));
        return { json: cached, text: cachedTable(cached) };
      }
      const [models, memories] = await withStudio((client) =>
        Promise.all([client.request('models.list', {}), client.request('models.memory', {})]),
      );
      const text = formatTable(
        ['id', 'name', 'family', 'parameters', 'size', 'to train', 'folder'],
        models.map(({ id, name, description, path }) => [
          id,
          name,
          description.family,
          formatCount(description.parameterCount),
          formatBytes(description.sizeBytes),
          bestText(memories.find(({ modelId }) => modelId === id)),
          path,
        ]),
      );
      return { json: models, text };
    },
  });

  addCommand(group, context, {
    usage: 'get <model>',
    summary:
      'download a model (org/name, or org/name:Q4_K_M for a GGUF file) from the Hugging Face hub into its cache, and add it to the library',
    options: (command) =>
      void command
        .option('--revision <revision>', 'branch, tag or commit', 'main')
        .option('--quantization <type>', 'the GGUF file of this type, e.g. Q4_K_M; --dry-run lists the types')
        .option('--dry-run', 'only list what would be downloaded')
        .addHelpText(
          'after',
          '\nHF_ENDPOINT names another hub, HF_TOKEN opens private models, HF_HUB_OFFLINE forbids it.\n',
        ),
    input: z.object({
      model: z.string(),
      revision: z.string(),
      quantization: z.string().nullable().default(null),
      dryRun: z.boolean().default(false),
    }),
    async run({ model: repository, revision, quantization, dryRun }, { terminal, withStudio }) {
      return withStudio(async (client) => {
        const plan = await client.request('models.plan', { repository, revision, quantization });
        if (dryRun) return { json: plan, text: planText(plan) };
        terminal.note(planText(plan));
        const job = await followJob(
          client,
          await client.request('models.download', { repository, revision, quantization: plan.quantization }),
          terminal,
        );
        const { modelId } = await jobResult(client, job, 'download');
        const model = await client.request('models.get', { id: modelId });
        return { json: model, text: describeModel(model) };
      });
    },
  });

  addCommand(group, context, {
    usage: 'quantize <model>',
    summary:
      'write a quantized copy of a base and add it to the library: nf4 and int8 as bitsandbytes, others as llama.cpp',
    options: (command) =>
      void command
        .requiredOption('--type <type>', quantizationSchema.options.join(', '))
        .option('--name <name>', 'what to call it (default: the name of the base and the type)')
        .addHelpText('after', `\n${quantizations.map(({ id, words }) => `  ${id.padEnd(6)}${words}`).join('\n')}\n`),
    input: z.object({ model: z.string(), type: quantizationSchema, name: z.string().optional() }),
    async run({ model: reference, type, name }, { terminal, withStudio }) {
      return withStudio(async (client) => {
        const { id } = await findModel(client, reference);
        const named = name === undefined ? {} : { name };
        const job = await followJob(client, await client.request('models.quantize', { id, type, ...named }), terminal);
        const { modelId } = await jobResult(client, job, 'quantize');
        const model = await client.request('models.get', { id: modelId });
        return { json: model, text: describeModel(model) };
      });
    },
  });

  addCommand(group, context, {
    usage: 'add-tokens <model> <tokens...>',
    summary:
      'write a copy of a base whose tokenizer has further tokens, with rows in embedding and head, and add it to the library',
    options: (command) =>
      void command
        .option('--plain', 'plain text tokens, not special ones: kept in decoded text')
        .option('--name <name>', 'what to call it (default: the name of the base and "tokens")')
        .addHelpText('after', newRowsHelp),
    input: z.object({
      model: z.string(),
      tokens: z.array(z.string()),
      plain: z.boolean().default(false),
      name: z.string().optional(),
    }),
    async run({ model: reference, tokens, plain, name }, { terminal, withStudio }) {
      return withStudio(async (client) => {
        const { id } = await findModel(client, reference);
        const named = name === undefined ? {} : { name };
        const given = tokens.map((content) => ({ content, special: !plain }));
        const job = await followJob(
          client,
          await client.request('models.addTokens', { id, tokens: given, ...named }),
          terminal,
        );
        const result = await jobResult(client, job, 'add-tokens');
        const model = await client.request('models.get', { id: result.modelId });
        const table = formatTable(
          ['token', 'id'],
          result.tokens.map((token) => [token.content, String(token.id)]),
        );
        return { json: { ...model, tokens: result.tokens }, text: `${describeModel(model)}\n${table}` };
      });
    },
  });

  addCommand(group, context, {
    usage: 'show <model>',
    summary: 'show a model: its size, layers and target modules',
    input: z.object({ model: z.string() }),
    async run({ model: reference }, { withStudio }) {
      const [model, memories] = await withStudio(async (client) => [
        await findModel(client, reference),
        await client.request('models.memory', {}),
      ]);
      const memory = memories.find(({ modelId }) => modelId === model.id) ?? null;
      return {
        json: { ...model, memory },
        text: `${describeModel(model)}${memory === null ? '' : `\n${memoryText(memory)}`}`,
      };
    },
  });
}

const newRowsHelp = `
A new row is the mean of the rows of all tokens that the tokenizer had, in the embedding and in an untied head. Train it with
trainable_token_indices: coto train run.yaml --set 'adapter.trainable_token_indices=["<new token>"]'.
`;

function cachedTable(cached: readonly CachedModel[]): string {
  return formatTable(
    ['model', 'revision', 'kind', 'size', 'path'],
    cached.map(({ repository, revision, kind, modelType, bytes, path }) => [
      repository,
      revision,
      kind === 'gguf' ? 'GGUF' : (modelType ?? 'unknown'),
      formatBytes(bytes),
      path,
    ]),
  );
}

function planText({ repository, host, folder, files, quantization, formats, model }: DownloadPlan): string {
  const missing = files.filter(({ present }) => !present);
  const bytes = missing.reduce((sum, file) => sum + file.bytes, 0);
  const list = files.map((file) => [file.name, formatBytes(file.bytes), file.present ? 'there already' : '']);
  const names = formats.flatMap((format) =>
    format.quantization === null || format.quantization === quantization
      ? []
      : [`${format.quantization} (${formatBytes(format.bytes)})`],
  );
  return [
    `${repository} from ${host} into ${folder}: ${missing.length} of ${files.length} files, ${formatBytes(bytes)}`,
    formatTable(['file', 'size', ''], list).trimEnd(),
    ...(names.length === 0 ? [] : [`Also there, by --quantization: ${names.join(', ')}.`]),
    ...(model === null
      ? []
      : [`${model.family} (${model.architecture}), ${formatCount(model.parameterCount)} parameters`]),
    ...(model?.memory ? [memoryText(model.memory).trimEnd()] : []),
  ].join('\n');
}

function bestText(memory: ModelMemory | undefined): string {
  if (memory === undefined) return '';
  const { bytes, verdict } = bestChoice(memory);
  return `${formatBytes(bytes)}, ${verdict}`;
}

function memoryText({ tokens, choices, ...room }: Omit<ModelMemory, 'modelId'>): string {
  const length = tokens === null ? '' : `, ${formatCount(tokens)} tokens`;
  const rows = choices.map((choice) => [
    choice.quantization ?? 'as they are',
    `${choice.per_device_train_batch_size} × ${choice.gradient_accumulation_steps}`,
    choice.gradient_checkpointing ? 'yes' : 'no',
    formatBytes(choice.bytes),
    choice.verdict,
  ]);
  return `memory to train with LoRA r 16 on all linear layers${length} (${formatBytes(room.freeMemoryBytes)} free${onDevice(room)} now):\n${formatTable(['weights', 'batch × accumulation', 'gradient checkpointing', 'memory', ''], rows)}`;
}

function describeModel(model: ModelRecord): string {
  const { description } = model;
  const { image, text, linears: named } = description;
  const parameters = new Set(named.flatMap(({ expert }) => expert?.parameter ?? []));
  return formatSummary([
    ['id', model.id],
    ['name', model.name],
    ['folder', model.path],
    ['architecture', `${description.architecture} (${description.family}, ${description.kind})`],
    [
      'parameters',
      `${formatCount(description.parameterCount)}, ${description.dtype}, ${formatBytes(description.sizeBytes)}`,
    ],
    ...(description.quantizedFrom === undefined ? [] : [['quantized from', description.quantizedFrom.name] as const]),
    ['layers', `${description.layerCount} of width ${description.hiddenSize}`],
    ...(image === null
      ? []
      : [['images', `${image.height} × ${image.width}, ${image.channels === 1 ? 'grey' : 'RGB'}`] as const]),
    ...(text === null
      ? []
      : [['texts', `${textLimit(text.maxPositions)}; vocabulary of ${formatCount(text.vocabularySize)}`] as const]),
    ...(description.ignoresImages ? [['images', 'not used: this is the text model alone'] as const] : []),
    ...(description.unusedHead ? [['head', `not used: that of ${description.unusedHead}`] as const] : []),
    ['labels', formatCount(description.labels.length)],
    ['target_modules', countBySuffix(named.flatMap(({ name, expert }) => (expert ? [] : name)))],
    ...(parameters.size === 0 ? [] : [['target_parameters', countBySuffix([...parameters])] as const]),
    ['fingerprint', description.fingerprint],
    ...(model.provenance === null ? [] : [['provenance', `\n${model.provenance.trim()}`] as const]),
  ]);
}
