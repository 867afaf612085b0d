import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { FinishReason, GenerationResult, Prompt } from '../../../src-shared/domain/generation/generation.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { AdaptedModel } from '../adapters/adapted-model.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import { resolveComputeDtype } from '../compute/compute-dtype.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, GenerateTask } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { type EndTokens, readEndTokens } from '../generation/end-tokens.ts';
import { Generation } from '../generation/generation.ts';
import { hasScoreHead } from '../generation/require-language-head.ts';
import { RewardColumn } from '../generation/reward-column.ts';
import { sampling } from '../generation/sampling.ts';
import { TextStream } from '../generation/text-stream.ts';
import type { WarmBase } from '../generation/warm-base.ts';
import type { BaseModel } from '../models/base-model.ts';
import { endOfTurn, renderChat } from '../tokenization/chat-template.ts';
import { loadTokenizer, type TextTokenizer } from '../tokenization/tokenizer.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import { defineEngineJob } from './define-job.ts';

const REPORT_MILLISECONDS = 100;

/**
 * Continues a prompt with the base, with adapters, or with several of them interleaved token by token. The base stays
 * in `warm`.
 */
export async function runGenerateTask(
  task: GenerateTask,
  context: TaskContext,
  warm: WarmBase,
): Promise<EngineResultOf<'generate'>> {
  warm.releaseUnlessOn(task.compute);
  const parameters = checkedParameters(sampling, task.sampling);
  const compute = await activateCompute(task.compute, task.threads);
  context.emit({ kind: 'log', level: 'info', text: `Computing on ${compute.id}: ${compute.device}` });
  const tokenizer = await loadTokenizer(task.modelDirectory);
  const prompt = promptText(tokenizer, task.prompt);
  const bfloat16 = resolveComputeDtype(task.compute_dtype, compute.id) === 'bfloat16';
  const choice = { directory: task.modelDirectory, compute: task.compute, bfloat16 };
  return warm.use(choice, async (base) => {
    const columns: TextColumn[] = [];
    try {
      if (base.description.kind !== 'causal-lm')
        throw new StudioError(
          'refused',
          `The model in ${task.modelDirectory} does not generate text: it is a model for ${base.description.kind}.`,
          'Choose a language model.',
        );
      const ids = tokenizer.encode(prompt, { addSpecialTokens: task.prompt.kind === 'text' }).ids;
      const endTokens = await readEndTokens(task.modelDirectory);
      const turn = task.prompt.kind === 'chat' ? endOfTurn(tokenizer, task.prompt.template) : null;
      for (const directory of task.adapterDirectories)
        columns.push(
          await openColumn(base, directory, {
            ids,
            task,
            parameters,
            tokenizer,
            endTokens: turn === null ? endTokens : { ...endTokens, eos: [...endTokens.eos, turn] },
          }),
        );
      const result = await write(columns, prompt, task, context);
      return { kind: 'generate', result };
    } finally {
      for (const column of columns) column.dispose();
    }
  });
}

export const generateJob = defineEngineJob(
  'generate',
  (task, context, { warm }) => runGenerateTask(task, context, warm),
  {
    keepsWarmBase: true,
  },
);

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
    if (performance.now() - told >= REPORT_MILLISECONDS) tell();
  }
  tell();
  return { prompt, columns: columns.map((column) => column.result()) };
}

interface ColumnOptions {
  readonly ids: readonly number[];
  readonly task: GenerateTask;
  readonly parameters: ParameterValues;
  readonly tokenizer: TextTokenizer;
  readonly endTokens: EndTokens;
}

type TextColumn = Column | RewardColumn;

/** Opens a column: an adapter that scores texts gives the prompt its reward, any other continues the prompt. */
async function openColumn(base: BaseModel, directory: string | null, options: ColumnOptions): Promise<TextColumn> {
  const model = new AdaptedModel(base);
  try {
    if (directory !== null) model.loadState(await readAdapter(directory, base.description));
    return hasScoreHead(model)
      ? new RewardColumn(model, options.tokenizer, options.task.prompt)
      : new Column(model, options);
  } catch (thrown) {
    model.dispose();
    throw thrown;
  }
}

/** One of the texts: its model on the common base, and the tokens generated so far. */
class Column {
  private readonly model: AdaptedModel;
  private readonly generation: Generation;
  private readonly stream: TextStream;
  private waiting = '';
  private toldTokens = -1;

  constructor(model: AdaptedModel, options: ColumnOptions) {
    const { ids, task, parameters, tokenizer, endTokens } = options;
    this.model = model;
    this.generation = new Generation(model, [ids], {
      maxNewTokens: task.max_new_tokens,
      parameters,
      seed: task.seed,
      endTokens,
    });
    this.stream = new TextStream((some) => tokenizer.decode(some, { skipSpecialTokens: true }), task.stop);
  }

  get done(): boolean {
    return this.generation.done;
  }

  get newTokens(): number {
    return this.generation.times.newTokens;
  }

  async step(): Promise<void> {
    const [token = null] = await this.generation.step();
    if (token !== null) this.waiting += this.stream.push(token);
    if (this.stream.stoppedBy !== null) this.finish('stop');
    if (this.done) this.waiting += this.stream.end();
  }

  finish(reason: FinishReason): void {
    if (this.done) return;
    this.generation.finish(0, reason);
    this.waiting += this.stream.end();
  }

  /** The new text since the last call; null if there is none. */
  takePiece(column: number) {
    const { times } = this.generation;
    if (this.waiting === '' && times.newTokens === this.toldTokens) return null;
    const piece = { column, text: this.waiting, ...times };
    this.waiting = '';
    this.toldTokens = times.newTokens;
    return piece;
  }

  result(): GenerationResult['columns'][number] {
    return {
      text: this.stream.text,
      finish: this.generation.finishReason(0) ?? 'cancelled',
      ...this.generation.times,
    };
  }

  dispose(): void {
    this.generation.dispose();
    this.model.dispose();
  }
}

function promptText(tokenizer: TextTokenizer, prompt: Prompt): string {
  return prompt.kind === 'text' ? prompt.text : renderChat(tokenizer, prompt.messages, prompt.template);
}
