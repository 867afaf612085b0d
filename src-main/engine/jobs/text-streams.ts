import type { GenerationResult, Prompt } from '../../../src-shared/domain/generation/generation.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { resolveComputeDtype } from '../compute/compute-dtype.ts';
import { activateCompute } from '../compute/index.ts';
import type { GenerateTask } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { hasScoreHead } from '../generation/require-language-head.ts';
import { type Stream, StreamBatch } from '../generation/stream-batch.ts';
import type { WarmBase } from '../generation/warm-base.ts';
import { WrittenText } from '../generation/written-text.ts';
import type { BaseModel } from '../models/base-model.ts';
import { loadTokenizer } from '../tokenization/tokenizer.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import {
  adaptedModel,
  type OpenedPrompt,
  openPrompt,
  readEndTokensOf,
  reportMilliseconds,
  writeColumns,
} from './generate-columns.ts';

/** A task of one text. */
interface StreamRequest {
  readonly task: GenerateTask;
  readonly asked: Prompt;
  /** Folder of the adapter; null: the base alone. */
  readonly directory: string | null;
  readonly context: TaskContext;
}

/** Writes the texts of tasks: those that use the same model together, others one after another. */
export class TextStreams {
  private session: Session | null = null;

  /** Resolves when no text is being written. */
  async ended(): Promise<void> {
    while (this.session !== null) await this.session.ended;
  }

  /**
   * Writes the text of a task, with the texts that are being written if they use the same model.
   * @throws StudioError as the engine's generation does
   */
  async write(request: StreamRequest, warm: WarmBase): Promise<GenerationResult> {
    const key = keyOf(request);
    while (this.session !== null && !(this.session.isOpen && this.session.key === key)) await this.session.ended;
    if (this.session !== null) return this.session.add(request);
    const session = new Session(key);
    this.session = session;
    const result = session.add(request);
    session.ended = session.run(request, warm).finally(() => {
      this.session = null;
      session.settle();
    });
    return result;
  }
}

/** Everything that texts written together share. */
function keyOf({ task, directory }: StreamRequest): string {
  const { modelDirectory, compute, threads, compute_dtype } = task;
  return JSON.stringify([modelDirectory, compute, threads, compute_dtype, directory]);
}

interface Arrival extends StreamRequest {
  resolve(result: GenerationResult): void;
  reject(thrown: unknown): void;
}

/** A text that is being written. */
interface Writing extends Arrival {
  readonly prompt: string;
  readonly stream: Stream;
  readonly text: WrittenText;
  readonly meter: ProgressMeter;
  toldAt: number;
}

/** Texts of one model, from the first one to the end of the last one. */
class Session {
  readonly key: string;
  /** False once no further text can join. */
  isOpen = true;
  /** Resolves at the end; never rejects. */
  ended: Promise<void> = Promise.resolve();
  private readonly arrived: Arrival[] = [];
  private readonly endings: (() => void)[] = [];
  private writing: Writing[] = [];

  constructor(key: string) {
    this.key = key;
  }

  add(request: StreamRequest): Promise<GenerationResult> {
    const { promise, resolve, reject } = Promise.withResolvers<GenerationResult>();
    this.arrived.push({ ...request, resolve, reject });
    return promise;
  }

  /** Delivers what has ended since the last call. */
  settle(): void {
    for (const end of this.endings.splice(0)) end();
  }

  /** Writes the texts until none is left; each failure goes to the tasks that it concerns. */
  async run({ task, directory }: StreamRequest, warm: WarmBase): Promise<void> {
    try {
      warm.releaseUnlessOn(task.compute);
      const compute = await activateCompute(task.compute, task.threads);
      const bfloat16 = resolveComputeDtype(task.compute_dtype, compute.id) === 'bfloat16';
      const tokenizer = await loadTokenizer(task.modelDirectory);
      await warm.use({ directory: task.modelDirectory, compute: task.compute, bfloat16 }, async (base) => {
        const endTokens = await readEndTokensOf(base, task.modelDirectory);
        const model = await adaptedModel(base, directory);
        const open: Open = (arrival) => {
          arrival.context.emit({ kind: 'log', level: 'info', text: `Computing on ${compute.id}: ${compute.device}` });
          return openPrompt(arrival.task, arrival.asked, tokenizer, endTokens);
        };
        try {
          const obstacle = hasScoreHead(model) ? 'its adapter gives rewards' : StreamBatch.obstacle(model);
          if (obstacle === null) await this.writeTogether(model, open);
          else await this.writeAlone(base, open, obstacle);
        } finally {
          model.dispose();
        }
      });
    } catch (thrown) {
      this.isOpen = false;
      for (const { reject } of [...this.writing, ...this.arrived.splice(0)]) this.endings.push(() => reject(thrown));
    }
  }

  /** Writes one text after another. */
  private async writeAlone(base: BaseModel, open: Open, obstacle: string): Promise<void> {
    for (let arrival = this.arrived.shift(); arrival !== undefined; arrival = this.arrived.shift()) {
      const { task, context, resolve, reject } = arrival;
      context.emit({
        kind: 'log',
        level: 'info',
        text: `The texts of this model are written one by one: ${obstacle}.`,
      });
      try {
        const result = await writeColumns(base, task, open(arrival), context);
        this.endings.push(() => resolve(result));
      } catch (thrown) {
        this.endings.push(() => reject(thrown));
      }
      if (this.arrived.length > 0) this.settle();
    }
    this.isOpen = false;
  }

  private async writeTogether(model: AdaptedModel, open: Open): Promise<void> {
    const batch = new StreamBatch(model);
    try {
      for (;;) {
        for (const arrival of this.arrived.splice(0)) this.begin(arrival, batch, open);
        if (this.writing.length === 0) {
          this.isOpen = false;
          return;
        }
        this.settle();
        await Promise.all(
          this.writing.map(async ({ context, text }) => {
            if ((await context.signal()) !== null) text.finish('cancelled');
          }),
        );
        await batch.step((stream, token) => this.writing.find((one) => one.stream === stream)?.text.push(token));
        this.report();
      }
    } finally {
      batch.dispose();
    }
  }

  private begin(arrival: Arrival, batch: StreamBatch, open: Open): void {
    const { task, context, reject } = arrival;
    try {
      const { ids, options, prompt, decode } = open(arrival);
      const stream = batch.add(ids, options);
      const text = new WrittenText(stream, {
        decode,
        stop: task.stop,
        hasProbabilities: options.topTokens !== undefined,
      });
      const meter = new ProgressMeter(context, 'Writing', task.max_new_tokens, 'tokens');
      meter.startAt(0);
      this.writing.push({ ...arrival, prompt, stream, text, meter, toldAt: 0 });
    } catch (thrown) {
      this.endings.push(() => reject(thrown));
    }
  }

  /** Reports new text, and ends the tasks whose texts have ended. */
  private report(): void {
    const now = performance.now();
    for (const one of this.writing) {
      const { context, stream, text, meter, prompt, resolve, reject } = one;
      meter.at(stream.times.newTokens);
      if (!stream.done && now - one.toldAt < reportMilliseconds) continue;
      one.toldAt = now;
      const piece = text.takePiece(0);
      if (piece !== null) context.emit({ kind: 'text', pieces: [piece] });
      if (!stream.done) continue;
      const result = { prompt, columns: [text.result()] };
      this.endings.push(() => (stream.error === null ? resolve(result) : reject(stream.error)));
    }
    this.writing = this.writing.filter(({ stream }) => !stream.done);
  }
}

/** Opens the prompt of a task with the model's tokenizer. */
type Open = (arrival: Arrival) => OpenedPrompt;
