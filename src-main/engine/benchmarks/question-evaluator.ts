import { StudioError } from '../../../src-shared/contract/errors.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { type EnsembleMember, EnsembleModel, type LanguageModel } from '../adapters/model/ensemble-model.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import type { ExampleEvaluator } from '../evaluation/adapter-evaluator.ts';
import type { EvaluationProgress } from '../evaluation/evaluation-progress.ts';
import type { TaskContext } from '../events.ts';
import { type EndTokens, readEndTokens } from '../generation/end-tokens.ts';
import { hasScoreHead } from '../generation/require-language-head.ts';
import type { BaseModel } from '../models/base-model.ts';
import type { TaskOutputs } from '../outcomes/index.ts';
import { loadTokenizer, type TextTokenizer } from '../tokenization/tokenizer.ts';
import { generations, requireRoom } from './generations.ts';
import { continuationLength, likelihoods, type ScoringProgress } from './likelihoods.ts';
import type { PreparedTask } from './prepared-task.ts';
import { gradedTexts } from './score-task.ts';
import type { ScoredQuestions } from './scored-questions.ts';

/** Lengths that likelihoods of choices are divided by, as lm-eval's metrics divide them. */
const lengths: Readonly<Record<string, (choice: string) => number>> = {
  acc: () => 1,
  acc_norm: (choice) => [...choice].length,
  acc_bytes: (choice) => Buffer.byteLength(choice),
};

/** Questions of a task in lm-eval's format, on which many adapters of one base are scored one after the other. */
export class QuestionEvaluator implements ExampleEvaluator {
  readonly examples: number;
  readonly repeatsPasses: boolean;
  readonly ensembleOutputs: ExampleEvaluator['ensembleOutputs'];
  private readonly base: BaseModel;
  private readonly questions: ScoredQuestions;
  private readonly tokenizer: TextTokenizer;
  private readonly endTokens: EndTokens;

  private constructor(base: BaseModel, questions: ScoredQuestions, tokenizer: TextTokenizer, endTokens: EndTokens) {
    this.examples = questions.task.questions.length;
    // A text depends on the tokens written before.
    this.repeatsPasses = questions.task.outputType !== 'generate_until';
    this.base = base;
    this.questions = questions;
    this.tokenizer = tokenizer;
    this.endTokens = endTokens;
    // The probabilities of a question's choices are averaged as those of classes.
    if (questions.task.outputType !== 'multiple_choice')
      this.ensembleOutputs = (members, progress, context) => this.ofEnsemble(members, progress, context);
  }

  /** @throws StudioError invalid_input for a base whose context has no room for a question */
  static async open(base: BaseModel, directory: string, questions: ScoredQuestions): Promise<QuestionEvaluator> {
    requireRoom(questions.task, base.description);
    return new QuestionEvaluator(base, questions, await loadTokenizer(directory), await readEndTokens(directory));
  }

  /** Every adapter that writes text fits: a task has no labels. */
  requireFit(): void {}

  async outputs(state: AdapterState | null, progress: EvaluationProgress, context: TaskContext): Promise<TaskOutputs> {
    const model = new AdaptedModel(this.base);
    try {
      if (state !== null) model.loadState(state);
      refuseScored(model);
      return await this.answerAll(model, progress, context);
    } finally {
      model.dispose();
    }
  }

  outputsOf(model: AdaptedModel, indices: Int32Array, context: TaskContext): Promise<TaskOutputs> {
    const { task } = this.questions;
    const questions = [...indices].flatMap((index) => task.questions[index] ?? []);
    const cancelled = async () => (await context.signal()) !== null;
    return this.answer(model, { ...task, questions }, { onProgress: () => undefined, cancelled });
  }

  close(): void {}

  private async ofEnsemble(
    members: readonly EnsembleMember[],
    progress: EvaluationProgress,
    context: TaskContext,
  ): Promise<TaskOutputs> {
    const model = new EnsembleModel(this.base, members);
    try {
      for (const member of model.members) refuseScored(member);
      return await this.answerAll(model, progress, context);
    } finally {
      model.dispose();
    }
  }

  private async answerAll(
    model: LanguageModel,
    progress: EvaluationProgress,
    context: TaskContext,
  ): Promise<TaskOutputs> {
    const outputs = await this.answer(model, this.questions.task, {
      onProgress: (done) => progress.within(done),
      cancelled: async () => (await context.signal()) !== null,
    });
    progress.passDone();
    return outputs;
  }

  private async answer(model: LanguageModel, task: PreparedTask, progress: ScoringProgress): Promise<TaskOutputs> {
    if (task.outputType === 'multiple_choice') return this.choices(model, task, progress);
    if (task.outputType !== 'generate_until') {
      const found = await likelihoods(model, this.tokenizer, task, progress);
      const right = Uint8Array.from(found, ([first]) => Number(first?.isGreedy === true));
      return { kind: 'marks', right, losses: this.losses(task, found) };
    }
    const texts = await generations(model, this.tokenizer, this.endTokens, task, progress);
    const right = Uint8Array.from(gradedTexts(task, texts), ({ value }) => value);
    const references = this.withReferences(task);
    const quiet = { ...progress, onProgress: () => undefined };
    const found = await likelihoods(model, this.tokenizer, references, quiet);
    return { kind: 'marks', right, losses: this.losses(references, found) };
  }

  /** The likelihoods of a question's choices as logits, so that adapters can be averaged. */
  private async choices(model: LanguageModel, task: PreparedTask, progress: ScoringProgress): Promise<TaskOutputs> {
    const found = await likelihoods(model, this.tokenizer, task, progress);
    const length = lengths[task.metrics[0]?.name ?? ''] ?? (() => 1);
    // Padding is computed over all questions, so that every part has rows of the same length.
    const classCount = Math.max(...this.questions.task.questions.map(({ choices }) => choices.length));
    const logits = new Float32Array(found.length * classCount).fill(Number.NEGATIVE_INFINITY);
    for (const [row, { choices }] of task.questions.entries())
      for (const [at, choice] of choices.entries())
        logits[row * classCount + at] = (found[row]?.[at]?.sum ?? Number.NEGATIVE_INFINITY) / length(choice);
    const labels = Int32Array.from(task.questions, ({ right }) => Number(right[0]));
    return { kind: 'classes', scale: 'log-likelihoods', logits, labels, classCount };
  }

  /** Questions whose continuation is the reference answer. */
  private withReferences(task: PreparedTask): PreparedTask {
    const questions = task.questions.map((question) => {
      const delimiter = /\s$/.test(question.context) ? '' : this.questions.delimiter;
      return { ...question, continuations: [delimiter + String(question.right[0] ?? '')] };
    });
    return { ...task, questions };
  }

  /** Mean nats of each token of the first continuation of each question. */
  private losses({ questions }: PreparedTask, found: readonly (readonly { readonly sum: number }[])[]): Float64Array {
    return Float64Array.from(questions, ({ context, continuations: [text = ''] }, row) => {
      const tokens = continuationLength(this.tokenizer, context, text);
      return -(found[row]?.[0]?.sum ?? Number.NaN) / Math.max(1, tokens);
    });
  }
}

/** @throws StudioError refused for an adapter that gives texts a score */
function refuseScored(model: AdaptedModel): void {
  if (!hasScoreHead(model)) return;
  throw new StudioError(
    'refused',
    'An adapter of this study gives texts a score and does not write text.',
    'Choose adapters that were trained to write text.',
  ).at('adapters');
}
