import { StudioError, toErrorValue } from '../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { SampleAnswer, SampleInput } from '../../../src-shared/domain/runs/run-samples.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { computeFailure } from '../compute/index.ts';
import type { TaskContext } from '../events.ts';
import { writeBatch } from '../generation/write-batch.ts';
import { sampleAnswers, type TaskPredictions } from '../outcomes/index.ts';
import type { TaskOnData } from '../tasks/open-task.ts';
import type { Writing } from '../tasks/task-type.ts';
import { writeSamples } from '../training/sample-files.ts';

/** Longer prompts lose their beginning: samples are to cost little. */
const maxPromptTokens = 256;
/** Longer texts are cut where they are shown. */
const maxCharacters = 2000;

type SampleConfig = Pick<RunConfig, 'sample_count' | 'sample_prompts' | 'sample_tokens' | 'seed'>;

/**
 * The answers of a run's model to the same examples at each of its evaluations. Language models write greedily, so that only
 * training changes an answer; classifiers have answered in the evaluation.
 */
export class RunSampler {
  private readonly config: SampleConfig;
  private readonly opened: TaskOnData;
  private readonly examples: Int32Array;
  private readonly runDirectory: string;
  private told = false;
  private failed = false;

  /** @param evaluated indices of the examples of the evaluation; the samples are its first.
   * @param runDirectory keeps them */
  constructor(config: SampleConfig, opened: TaskOnData, evaluated: Int32Array, runDirectory: string) {
    this.config = config;
    this.opened = opened;
    this.runDirectory = runDirectory;
    this.examples = evaluated.subarray(0, config.sample_count);
  }

  /**
   * Reports the answers after `step` steps. A failure here does not end the run: it is logged, and no further sample is
   * taken.
   * @param predictions of the evaluation
   */
  async take(step: number, model: AdaptedModel, predictions: TaskPredictions, context: TaskContext): Promise<void> {
    if (this.failed) return;
    const started = performance.now();
    try {
      const answers = await this.answers(model, predictions, context);
      if (answers.length === 0) return;
      const milliseconds = performance.now() - started;
      const inputs = this.told ? null : await this.inputs();
      this.told = true;
      const sampled = { step, milliseconds, answers };
      await writeSamples(this.runDirectory, inputs, sampled);
      context.emit({ kind: 'samples', inputs, sampled });
    } catch (thrown) {
      if (computeFailure() !== null || (thrown instanceof StudioError && thrown.code === 'cancelled')) throw thrown;
      this.failed = true;
      const text = `No samples of this run are kept: ${toErrorValue(thrown).message}`;
      context.emit({ kind: 'log', level: 'warning', text });
    }
  }

  private async answers(
    model: AdaptedModel,
    predictions: TaskPredictions,
    context: TaskContext,
  ): Promise<SampleAnswer[]> {
    const { writing, classNames, describe } = this.opened;
    if (writing !== undefined) return this.written(model, writing, context);
    return sampleAnswers(predictions, this.examples.length, (place, at) => {
      const { choices = classNames } = describe(this.examples[place] ?? 0);
      return choices[at] ?? `class ${at}`;
    });
  }

  private async written(model: AdaptedModel, writing: Writing, context: TaskContext): Promise<SampleAnswer[]> {
    const { sample_prompts, sample_tokens, seed } = this.config;
    const { maxPositions = Number.POSITIVE_INFINITY } = model.base.description.text ?? {};
    const room = Math.max(1, Math.min(maxPromptTokens, maxPositions - sample_tokens));
    const prompts =
      sample_prompts.length > 0
        ? sample_prompts.map((text) => writing.prompt(text))
        : [...this.examples].map((index) => writing.promptOf(index));
    const options = {
      maxNewTokens: sample_tokens,
      parameters: { temperature: 0 },
      seed,
      endTokens: await writing.endTokens(),
    };
    const cancelled = async () => (await context.signal()) === 'cancel';
    const rows = await writeBatch(
      model,
      prompts.map((ids) => ids.slice(-room)),
      options,
      cancelled,
    );
    if (await cancelled()) throw new StudioError('cancelled', 'The evaluation was cancelled.');
    return rows.map((ids) => ({
      ...{ text: writing.decode(ids), probability: null, isRight: null },
      ended: ids.length < sample_tokens,
    }));
  }

  private async inputs(): Promise<SampleInput[]> {
    const { sample_prompts } = this.config;
    if (this.opened.writing !== undefined && sample_prompts.length > 0)
      return sample_prompts.map((text) => ({ kind: 'prompt', text, reference: null }));
    const shown: SampleInput[] = [];
    for (const index of this.examples) shown.push(shortened(await this.opened.show(index)));
    return shown;
  }
}

function shortened(input: SampleInput): SampleInput {
  if (input.kind === 'image') return input;
  const text = input.text.length > maxCharacters ? `…${input.text.slice(-maxCharacters)}` : input.text;
  if (input.kind === 'text') return { ...input, text };
  return { ...input, text, reference: input.reference?.slice(0, maxCharacters) ?? null };
}
