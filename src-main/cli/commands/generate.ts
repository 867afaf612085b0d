import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import { chatMessageSchema } from '../../../src-shared/domain/generation/chat-message.ts';
import {
  type GenerationResult,
  generationParameters,
  type ModelDefaults,
  newTokensPerSecond,
  overModelDefaults,
  type PairPrompt,
  type Prompt,
  pairPromptSchema,
} from '../../../src-shared/domain/generation/generation.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { textOfValue } from '../../../src-shared/domain/parameters/parameter-text.ts';
import { catalog } from '../../backend/index.ts';
import { chosenTemplate } from '../chat-template.ts';
import { addCommand, type CommandContext } from '../command.ts';
import { followJob, jobResult } from '../follow.ts';
import { addMethodOptions, addModelNumberOption, addNumberOption, givenParameters } from '../method-options.ts';
import { findAdapter, findModel, modelOf } from '../references.ts';
import { ColumnPrinter } from '../text-columns.ts';

const { sampling } = catalog;

export function addGenerateCommand(parent: Command, context: CommandContext): void {
  addCommand(parent, context, {
    usage: 'generate',
    summary: 'generate text from a prompt or a chat, with and without adapters',
    options(command) {
      command
        .option('--model <model>', 'id, name or folder (default: the base of the first adapter)')
        .option('--adapter <adapter...>', 'id, name, run or folder; one text per adapter')
        .option('--base', 'also generate with the base alone')
        .option('--prompt <text>', 'text for the model to continue')
        .option('--answer <text...>', 'with --prompt: two answers, which reward adapters compare')
        .option('--chat <message>', "a question, or a JSON file of messages, in the model's own template")
        .option(
          '--chat-template <template>',
          "with --chat: one of the model's templates by name, a published one (chatml, llama-3, …), or a file with Jinja",
        )
        .option('--stop <text...>', 'stop before any of these strings')
        .option('--compute-dtype <type>', 'float32, bfloat16, or auto: bfloat16 where it is faster', 'float32');
      addModelNumberOption(command, generationParameters(), 'max_new_tokens');
      addNumberOption(command, generationParameters(), 'seed');
      addMethodOptions(command, [sampling], { heading: 'Sampling', noun: 'sampling' });
    },
    input: z.looseObject({
      model: z.string().optional(),
      adapter: z.array(z.string()).default([]),
      base: z.boolean().default(false),
      prompt: z.string().optional(),
      answer: z.array(z.string()).optional(),
      chat: z.string().optional(),
      chatTemplate: z.string().optional(),
      maxNewTokens: z.number().optional(),
      stop: z.array(z.string()).default([]),
      seed: z.number(),
      computeDtype: z.enum(['auto', 'float32', 'bfloat16']),
      json: z.boolean().default(false),
    }),
    async run(input, { terminal, withStudio }) {
      const given = await readPrompt(input.prompt, input.chat, input.answer);
      if (input.chatTemplate !== undefined && given.kind !== 'chat')
        throw new StudioError('invalid_input', '--chat-template needs --chat.', 'A text of --prompt is read as it is.');
      const chosen = givenParameters([sampling], sampling.id, input);
      return withStudio(async (client) => {
        const named = input.model === undefined ? undefined : (await findModel(client, input.model)).id;
        const adapters = [];
        for (const reference of input.adapter) adapters.push(await findAdapter(client, reference, named));
        const model = named ?? modelOf(adapters);
        if (model === undefined)
          throw new StudioError('invalid_input', 'No model is given.', 'Give --model, --adapter, or both.');
        const names = [...(adapters.length === 0 || input.base ? ['base'] : []), ...adapters.map(({ name }) => name)];
        const columns = [
          ...(adapters.length === 0 || input.base ? [null] : []),
          ...adapters.map(({ id }) => ({ adapterId: id })),
        ];
        const prompt =
          given.kind !== 'chat' || input.chatTemplate === undefined
            ? given
            : { ...given, template: await chosenTemplate(client, model, input.chatTemplate, given.messages) };
        const { defaults } = await client.request('generation.abilities', { model });
        const newTokens = input.maxNewTokens ?? defaults.values['max_new_tokens'];
        const max_new_tokens = typeof newTokens === 'number' ? { max_new_tokens: newTokens } : {};
        const fromModel = leftToModel(defaults, {
          ...chosen,
          ...(input.maxNewTokens === undefined ? {} : max_new_tokens),
        });
        terminal.note(describeDefaults(fromModel, defaults.note));
        const printer = new ColumnPrinter(input.json ? () => undefined : (text) => terminal.write(text), names);
        const stopListening = client.on('generation.text', ({ pieces }) => {
          for (const { column, text } of pieces) printer.add(column, text);
        });
        try {
          const job = await client.request('generation.start', {
            model,
            columns,
            prompt,
            ...max_new_tokens,
            stop: input.stop,
            seed: input.seed,
            compute_dtype: input.computeDtype,
            sampling: overModelDefaults(sampling.parameters, defaults, chosen),
          });
          // A line of progress would be written into the text.
          await followJob(client, job, input.json ? terminal : { ...terminal, report: () => undefined });
          const result = await jobResult(client, job, 'generate');
          for (const [column, { text }] of result.columns.entries()) printer.end(column, text);
          if (!input.json) terminal.note(describeRates(names, result));
          return { json: { ...withNames(names, result), fromModel }, text: '' };
        } finally {
          stopListening();
        }
      });
    },
  });
}

/** The model's settings that nothing was given in the place of. */
function leftToModel({ values }: ModelDefaults, given: ParameterValues): ParameterValues {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !(name in given)));
}

/** Lines for what the model sets, and for what of it is not valid; empty if there is nothing to say. */
function describeDefaults(fromModel: ParameterValues, note: string | null): string {
  const settings = Object.entries(fromModel).map(([name, value]) => `${name} ${textOfValue(value)}`);
  const lines = settings.length === 0 ? [] : [`from the model: ${settings.join(', ')}`];
  return [...lines, ...(note === null ? [] : [note])].map((line) => `${line}\n`).join('');
}

async function readPrompt(
  text: string | undefined,
  chat: string | undefined,
  answers: string[] | undefined,
): Promise<Prompt | PairPrompt> {
  if (answers !== undefined) {
    const pair = pairPromptSchema.safeParse({ kind: 'pair', text, answers });
    if (chat === undefined && pair.success) return pair.data;
    throw new StudioError(
      'invalid_input',
      '--answer needs --prompt and two answers that are not empty.',
      '--prompt "Where is it?" --answer "In Paris." "Nowhere."',
    );
  }
  if ((text === undefined) === (chat === undefined))
    throw new StudioError('invalid_input', 'Give either --prompt or --chat.', '--prompt "Once upon a time"');
  if (text !== undefined) return { kind: 'text', text };
  if (!chat?.endsWith('.json')) return { kind: 'chat', messages: [{ role: 'user', content: chat ?? '' }] };
  let value: unknown;
  try {
    value = JSON.parse(await readFile(chat, 'utf8'));
  } catch (thrown) {
    throw new StudioError(
      'invalid_file',
      `${chat} cannot be read as JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
      'It should be a list of messages: [{"role": "user", "content": "Hello"}].',
    );
  }
  const checked = z.array(chatMessageSchema).min(1).safeParse(value);
  if (checked.success) return { kind: 'chat', messages: checked.data };
  throw new StudioError(
    'invalid_file',
    `${chat}: ${describeIssues(checked.error)}`,
    'It should be a list of messages: [{"role": "user", "content": "Hello"}].',
  );
}

function withNames(names: readonly string[], { prompt, columns }: GenerationResult) {
  return {
    prompt,
    texts: columns.map((column, index) => ({
      name: names[index],
      ...column,
      newTokensPerSecond: newTokensPerSecond(column),
    })),
  };
}

function describeRates(names: readonly string[], { columns }: GenerationResult): string {
  return columns
    .map((column, index) => {
      const rate = newTokensPerSecond(column);
      const prompt = column.promptSeconds > 0 ? column.promptTokens / column.promptSeconds : null;
      const rates = [
        `prompt ${column.promptTokens} tokens${prompt === null ? '' : ` at ${prompt.toFixed(1)} tokens/s`}`,
        `text ${column.newTokens} tokens${rate === null ? '' : ` at ${rate.toFixed(1)} tokens/s`}`,
      ];
      return `${names.length > 1 ? `${names[index]}: ` : ''}${rates.join(', ')}\n`;
    })
    .join('');
}
