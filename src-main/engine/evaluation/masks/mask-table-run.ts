import type { MaskGroup, MaskOutline, MaskScore } from '../../../../src-shared/domain/evaluation/mask-table.ts';
import type { TaskOutputs } from '../../outcomes/index.ts';
import { modulesOn } from './mask-groups.ts';
import type { MaskedModel } from './masked-model.ts';
import { meanOutcome } from './mean-outcome.ts';

/** Blocks that the examples are split into, from which intervals over the examples are made. */
const usualBlocks = 12;
/** Examples of a block. */
const [fewest, most] = [8, 100];
/** Bytes of the states of a block, a state for every layer, which bound the examples of a block. */
const stateBytes = 2 ** 30;
/** Scores are reported in pieces, so that an interruption costs little. */
const reportMilliseconds = 500;

export interface MaskExamples {
  readonly groups: readonly MaskGroup[];
  readonly examples: number;
  /** Outputs of the model with its current mask for some of the examples, by their indices. */
  outputs(indices: Int32Array): Promise<TaskOutputs>;
}

export interface MaskListener {
  scored(scores: readonly MaskScore[]): void;
  /** Called after each mask on a block. @throws StudioError to end the run: what was scored is reported first */
  evaluated(): Promise<void>;
}

/** The scores of masks, block by block; in each block depth first. */
export class MaskTableRun {
  readonly outline: MaskOutline;
  private readonly model: MaskedModel;
  private readonly on: MaskExamples;
  private readonly size: number;

  private constructor(model: MaskedModel, on: MaskExamples, size: number, outline: MaskOutline) {
    this.model = model;
    this.on = on;
    this.size = size;
    this.outline = outline;
  }

  /** Runs the whole adapter on the first block, which shows what its states and its layers cost. */
  static async open(model: MaskedModel, on: MaskExamples): Promise<MaskTableRun> {
    const { groups, examples } = on;
    let size = Math.min(examples, Math.max(fewest, Math.min(most, Math.ceil(examples / usualBlocks))));
    model.show(new Set(model.moduleNames));
    await on.outputs(indicesFrom(0, size));
    const multiplications = [...model.multiplications].map((count) => Math.round((count * examples) / size));
    const bytes = model.keptBytes();
    model.endBatch();
    if (bytes > stateBytes) size = Math.max(1, Math.floor((size * stateBytes) / bytes));
    const outline = { groups: [...groups], examples, blocks: Math.ceil(examples / size), multiplications };
    return new MaskTableRun(model, on, size, outline);
  }

  /** The masks of each block that are not known, in the order of the tree. */
  missing(masks: readonly string[], isKnown: (mask: string, block: number) => boolean): string[][] {
    const order = this.model.inTreeOrder(masks.map((mask) => this.modulesOn(mask)));
    const sorted = order.map((place) => masks[place] ?? '');
    return Array.from({ length: this.outline.blocks }, (_, block) => sorted.filter((mask) => !isKnown(mask, block)));
  }

  /** @param masks those of each block, as `missing` orders them */
  async evaluate(masks: readonly (readonly string[])[], listener: MaskListener): Promise<void> {
    for (const [block, some] of masks.entries()) if (some.length > 0) await this.evaluateBlock(block, some, listener);
  }

  private modulesOn(mask: string): ReadonlySet<string> {
    return modulesOn(this.model.moduleNames, this.on.groups, mask);
  }

  private async evaluateBlock(block: number, masks: readonly string[], listener: MaskListener): Promise<void> {
    const { examples, outputs } = this.on;
    const indices = indicesFrom(block * this.size, Math.min(examples, (block + 1) * this.size));
    let pending: MaskScore[] = [];
    let reportedAt = performance.now();
    const report = () => {
      if (pending.length > 0) listener.scored(pending);
      pending = [];
      reportedAt = performance.now();
    };
    try {
      for (const mask of masks) {
        this.model.show(this.modulesOn(mask));
        pending.push({ mask, block, ...(await meanOutcome(await outputs(indices))) });
        if (performance.now() - reportedAt >= reportMilliseconds) report();
        await listener.evaluated();
      }
    } finally {
      report();
      this.model.endBatch();
    }
  }
}

function indicesFrom(start: number, end: number): Int32Array {
  return Int32Array.from({ length: end - start }, (_, index) => start + index);
}
