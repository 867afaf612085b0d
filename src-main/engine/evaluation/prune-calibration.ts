import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { MaskProgress } from '../adapters/model/mask-evaluator.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import type { TaskContext } from '../events.ts';
import type { BaseModel } from '../models/base-model.ts';
import type { PruneData } from '../prune/prune-method.ts';
import type { HostTensor } from '../tensors/host-tensor.ts';
import { MaskedModel } from './masks/masked-model.ts';
import { TuningMasks } from './masks/tuning-masks.ts';
import { recordInputs } from './record-inputs.ts';
import { TuningExamples, type TuningSource } from './tuning-examples.ts';

/** Rows of a module's inputs that are kept at most. */
const maxRows = 2048;
/** Bytes of inputs that are in memory at a time; more would save passes over the examples. */
const inputBytes = 256 * 2 ** 20;

/** An adapter on a sample of training examples. */
export class PruneCalibration implements PruneData {
  private readonly base: BaseModel;
  private readonly state: AdapterState;
  private readonly examples: TuningExamples;
  private readonly seed: number;
  private recorded: ReadonlyMap<string, HostTensor> = new Map();
  private model: MaskedModel | null = null;
  private masks: TuningMasks | null = null;

  private constructor(base: BaseModel, state: AdapterState, examples: TuningExamples, seed: number) {
    this.base = base;
    this.state = state;
    this.examples = examples;
    this.seed = seed;
  }

  /** The caller closes it, then disposes the base. @throws StudioError invalid_input without training examples */
  static async open(
    base: BaseModel,
    state: AdapterState,
    request: Omit<TuningSource, 'base'>,
    context: TaskContext,
  ): Promise<PruneCalibration> {
    const examples = await TuningExamples.open({ ...request, base }, context);
    return new PruneCalibration(base, state, examples, request.seed);
  }

  async inputs(module: string): Promise<HostTensor> {
    if (!this.recorded.has(module))
      this.recorded = await recordInputs(this.base, this.state, this.examples.batches(), {
        modules: this.modulesFrom(module),
        rowsPerBatch: Math.ceil((16 * maxRows) / this.examples.count),
        seed: this.seed,
      });
    const found = this.recorded.get(module);
    if (found) return found;
    throw new StudioError(
      'refused',
      `${module} has no matrix of inputs: it is an embedding, or the examples do not reach it.`,
      'Prune by a method that needs no examples, or leave the module out of the adapter.',
    );
  }

  score(sets: readonly ReadonlySet<string>[], progress?: MaskProgress): Promise<number[]> {
    this.model ??= new MaskedModel(this.base, this.state);
    this.masks ??= new TuningMasks(this.model, this.examples);
    return this.masks.score(sets, progress);
  }

  close(): void {
    this.model?.dispose();
    this.examples.close();
  }

  /** Names from `first` on, from the input up, as many as fit into memory. */
  private modulesFrom(first: string): Set<string> {
    const order = this.base.description.linears.filter(({ name }) => this.state.modules.has(name));
    const start = order.findIndex(({ name }) => name === first);
    const chosen = new Set([first]);
    let free = inputBytes;
    for (const { name, inFeatures } of order.slice(Math.max(0, start))) {
      free -= 4 * maxRows * inFeatures;
      if (free < 0) break;
      chosen.add(name);
    }
    return chosen;
  }
}
