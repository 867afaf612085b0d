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
 * Keeps the base model of the last generation loaded for the next one, so that a second message starts at once. It is
 * released when another base, dtype or compute backend is requested, when its files change, on `release`, and after a
 * timeout.
 */
export class WarmBase {
  private kept: { readonly key: string; readonly compute: ComputeChoice; readonly base: BaseModel } | null = null;
  private idle: NodeJS.Timeout | null = null;
  private readonly idleMilliseconds: number;

  constructor(idleMilliseconds = IDLE_MILLISECONDS) {
    this.idleMilliseconds = idleMilliseconds;
  }

  /** Must be called before the compute backend changes: the tensors belong to the previous one. */
  releaseUnlessOn(compute: ComputeChoice): void {
    if (this.kept?.compute !== compute) this.release();
  }

  /**
   * Runs `work` with the base, which it must not dispose. After an error the base is released: it may be the cause.
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
    // The timer must not keep the process alive.
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
    // No timer may release it while it is in use.
    this.kept = null;
    this.release();
    return base;
  }
}

/** Names, sizes and modification times of a folder's files, to detect changes. */
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
