import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { FinishReason, GenerationResult, Prompt } from '../../../src-shared/domain/generation/generation.ts';
import { writesText } from '../../../src-shared/domain/models/model.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import type { GenerateTask } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { type EndTokens, readEndTokens } from '../generation/end-tokens.ts';
import { Generation } from '../generation/generation.ts';
import { hasScoreHead } from '../generation/require-language-head.ts';
import { RewardColumn } from '../generation/reward-column.ts';
import type { RowOptions } from '../generation/row.ts';
import { sampling } from '../generation/sampling.ts';
import { WrittenText } from '../generation/written-text.ts';
import type { BaseModel } from '../models/base-model.ts';
import { endOfTurn, renderChat } from '../tokenization/chat-template.ts';
import type { TextTokenizer } from '../tokenization/tokenizer.ts';
import { ProgressMeter } from '../training/progress-meter.ts';

/** Interval between two reports of new text. */
export const reportMilliseconds = 100;

/** A prompt as a model reads it, and how its text is written. */
export interface OpenedPrompt {
  readonly tokenizer: TextTokenizer;
  readonly asked: Prompt;
  readonly prompt: string;
  readonly ids: readonly number[];
  readonly options: RowOptions;
  /** Decodes new tokens. */
  decode(ids: readonly number[]): string;
}

/**
 * Renders and tokenizes the prompt of a task.
 * @throws StudioError invalid_input for settings that are not declared
 */
export function openPrompt(
  { max_new_tokens, sampling: given, seed, topTokens }: GenerateTask,
  asked: Prompt,
  tokenizer: TextTokenizer,
  endTokens: EndTokens,
): OpenedPrompt {
  const parameters = checkedParameters(sampling, given);
  const prompt =
    asked.kind === 'text' ? asked.text : `${renderChat(tokenizer, asked.messages, asked)}${asked.start ?? ''}`;
  const { ids } = tokenizer.encode(prompt, { addSpecialTokens: asked.kind === 'text' });
  const turn = asked.kind === 'chat' ? endOfTurn(tokenizer, asked.template) : null;
  const ends = turn === null ? endTokens : { ...endTokens, eos: [...endTokens.eos, turn] };
  return {
    ...{ tokenizer, asked, prompt, ids },
    decode: decoderOf(tokenizer, asked),
    options: { maxNewTokens: max_new_tokens, parameters, seed, endTokens: ends, topTokens },
  };
}

/** Returns a decoder that leaves special tokens out, except for those that the prompt keeps. */
function decoderOf(tokenizer: TextTokenizer, prompt: Prompt): (ids: readonly number[]) => string {
  const kept = prompt.kind === 'chat' ? (prompt.keptTokens ?? []) : [];
  if (kept.length === 0) return (ids) => tokenizer.decode(ids, { skipSpecialTokens: true });
  const skipped = tokenizer.specialIdsBeside(kept);
  return (ids) => tokenizer.decode(ids.filter((id) => !skipped.has(id)));
}

/** @throws StudioError refused for a model that does not generate text */
export async function readEndTokensOf(base: BaseModel, directory: string): Promise<EndTokens> {
  if (!writesText(base.description))
    throw new StudioError(
      'refused',
      `The model in ${directory} does not generate text: it is a model for ${base.description.kind}.`,
      'Choose a language model.',
    );
  return readEndTokens(directory);
}

/** A base with an adapter on it; null: without. */
export async function adaptedModel(base: BaseModel, directory: string | null): Promise<AdaptedModel> {
  const model = new AdaptedModel(base);
  try {
    if (directory !== null) model.loadState(await readAdapter(directory, base.description));
    return model;
  } catch (thrown) {
    model.dispose();
    throw thrown;
  }
}

/** Continues a prompt with each adapter of a task, interleaved token by token. */
export async function writeColumns(
  base: BaseModel,
  task: GenerateTask,
  opened: OpenedPrompt,
  context: TaskContext,
): Promise<GenerationResult> {
  const columns: TextColumn[] = [];
  try {
    for (const directory of task.adapterDirectories)
      columns.push(openColumn(await adaptedModel(base, directory), opened, task.stop));
    return await write(columns, opened.prompt, task, context);
  } finally {
    for (const column of columns) column.dispose();
  }
}

async function write(
  columns: readonly TextColumn[],
  prompt: string,
  task: GenerateTask,
  context: TaskContext,
): Promise<GenerationResult> {
  const total = columns.length * task.max_new_tokens;
  const meter = new ProgressMeter(context, 'Writing', total, 'tokens');
  meter.startAt(0);
  let told = 0;
  const tell = () => {
    told = performance.now();
    const pieces = columns.flatMap((column, index) => column.takePiece(index) ?? []);
    if (pieces.length > 0) context.emit({ kind: 'text', pieces });
  };
  while (columns.some((column) => !column.done)) {
    const cancelled = (await context.signal()) !== null;
    for (const column of columns) {
      if (cancelled) column.finish('cancelled');
      else if (!column.done) await column.step();
    }
    meter.at(columns.reduce((sum, column) => sum + column.newTokens, 0));
    if (performance.now() - told >= reportMilliseconds) tell();
  }
  tell();
  return { prompt, columns: columns.map((column) => column.result()) };
}

type TextColumn = Column | RewardColumn;

/** Opens a column: an adapter that scores texts gives the prompt its reward, any other continues the prompt. */
function openColumn(model: AdaptedModel, opened: OpenedPrompt, stop: readonly string[]): TextColumn {
  try {
    return hasScoreHead(model)
      ? new RewardColumn(model, opened.tokenizer, opened.asked)
      : new Column(model, opened, stop);
  } catch (thrown) {
    model.dispose();
    throw thrown;
  }
}

/** One of the texts: its model on the common base, and the tokens generated so far. */
class Column {
  private readonly model: AdaptedModel;
  private readonly generation: Generation;
  private readonly text: WrittenText;

  constructor(model: AdaptedModel, { ids, options, decode }: OpenedPrompt, stop: readonly string[]) {
    this.model = model;
    const generation = new Generation(model, [ids], options);
    this.generation = generation;
    const row = {
      get done() {
        return generation.done;
      },
      get finishReason() {
        return generation.finishReason(0);
      },
      get times() {
        return generation.times;
      },
      get recorded() {
        return generation.recorded(0);
      },
      finish: (reason: FinishReason) => generation.finish(0, reason),
    };
    this.text = new WrittenText(row, { decode, stop, hasProbabilities: options.topTokens !== undefined });
  }

  get done(): boolean {
    return this.generation.done;
  }

  get newTokens(): number {
    return this.generation.times.newTokens;
  }

  async step(): Promise<void> {
    const [token = null] = await this.generation.step();
    this.text.push(token);
  }

  finish(reason: FinishReason): void {
    this.text.finish(reason);
  }

  takePiece(column: number) {
    return this.text.takePiece(column);
  }

  result(): GenerationResult['columns'][number] {
    return this.text.result();
  }

  dispose(): void {
    this.generation.dispose();
    this.model.dispose();
  }
}
