import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ComputeChoice } from '../compute/selection.ts';
import type { BaseModel } from '../models/base-model.ts';
import { loadBaseModel } from '../models/load-model.ts';

const IDLE_MILLISECONDS = 5 * 60_000;

export interface WarmBaseChoice {
  readonly directory: string;
  readonly compute: ComputeChoice;
  readonly bfloat16: boolean;
}

/**
 * Keeps the base model of the last generation loaded for the next one, so that a second message starts at once. It is let go when
 * another base, dtype or compute backend is asked for, when its files change, when `release` is called, and after a while.
 */
export class WarmBase {
  private kept: { readonly key: string; readonly compute: ComputeChoice; readonly base: BaseModel } | null = null;
  private idle: NodeJS.Timeout | null = null;
  private readonly idleMilliseconds: number;

  constructor(idleMilliseconds = IDLE_MILLISECONDS) {
    this.idleMilliseconds = idleMilliseconds;
  }

  /** To be called before another compute backend is made the active one: what is kept would lie on the one before. */
  releaseUnlessOn(compute: ComputeChoice): void {
    if (this.kept?.compute !== compute) this.release();
  }

  /**
   * Runs `work` with the base, which it must not dispose. After an error nothing is kept: it may be of the base.
   * @throws StudioError as `loadBaseModel` does.
   */
  async use<Result>(choice: WarmBaseChoice, work: (base: BaseModel) => Promise<Result>): Promise<Result> {
    const key = `${JSON.stringify(choice)}\n${await stamp(choice.directory)}`;
    const base = this.taken(key) ?? (await loadBaseModel(choice.directory, { bfloat16: choice.bfloat16 }));
    let result: Result;
    try {
      result = await work(base);
    } catch (thrown) {
      base.dispose();
      throw thrown;
    }
    this.kept = { key, compute: choice.compute, base };
    // The engine may end while it waits.
    this.idle = setTimeout(() => this.release(), this.idleMilliseconds).unref();
    return result;
  }

  release(): void {
    if (this.idle !== null) clearTimeout(this.idle);
    this.idle = null;
    this.kept?.base.dispose();
    this.kept = null;
  }

  private taken(key: string): BaseModel | null {
    if (this.kept?.key !== key) this.release();
    const base = this.kept?.base ?? null;
    // Whoever works with it has it alone: no timer may take it away meanwhile.
    this.kept = null;
    this.release();
    return base;
  }
}

/** Names, sizes and times of change of a folder's files: another stamp, another model. */
async function stamp(directory: string): Promise<string> {
  const names = (await readdir(directory)).sort();
  const lines = await Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(path.join(directory, name));
      return `${name} ${size} ${mtimeMs}`;
    }),
  );
  return lines.join('\n');
}
