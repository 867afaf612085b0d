import { activateCompute } from '../compute/index.ts';
import type { MergeTask } from '../contract.ts';
import type { BaseModel } from '../models/base-model.ts';
import { loadBaseModel } from '../models/load-model.ts';

/** The base of a job, loaded on first use. */
export class SharedBase {
  private readonly task: Pick<MergeTask, 'compute' | 'threads' | 'modelDirectory'>;
  private loaded: Promise<BaseModel> | null = null;

  constructor(task: Pick<MergeTask, 'compute' | 'threads' | 'modelDirectory'>) {
    this.task = task;
  }

  load(): Promise<BaseModel> {
    this.loaded ??= this.open();
    return this.loaded;
  }

  private async open(): Promise<BaseModel> {
    const { compute, threads, modelDirectory } = this.task;
    if (modelDirectory === null) throw new Error('the base is not in the studio');
    await activateCompute(compute, threads);
    return loadBaseModel(modelDirectory);
  }

  async dispose(): Promise<void> {
    (await this.loaded?.catch(() => null))?.dispose();
  }
}
