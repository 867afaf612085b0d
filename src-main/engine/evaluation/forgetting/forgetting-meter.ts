import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { type Forgetting, forgettingMeasures } from '../../../../src-shared/domain/evaluation/forgetting.ts';
import { type ModelDescription, withTaskHead, writesText } from '../../../../src-shared/domain/models/model.ts';
import { writeFileAtomic } from '../../../files/atomic.ts';
import { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import type { AdapterState } from '../../adapters/variant/state.ts';
import type { ForgettingTask } from '../../contract-fields.ts';
import type { TaskContext } from '../../events.ts';
import type { BaseModel } from '../../models/base-model.ts';
import { measureOpeners } from './index.ts';
import type { OpenMeasure } from './measure.ts';

export interface MeterRequest {
  readonly modelDirectory: string;
  /** Absent: forgetting is not measured. */
  readonly forgetting?: ForgettingTask | undefined;
  readonly threads?: number | undefined;
  /** Dtype of products with frozen weights; default float32. */
  readonly computeDtype?: string;
}

/** Measures what adapters cost one base. The base's own outputs are computed once and cached in a file by content. */
export class ForgettingMeter {
  private readonly measure: OpenMeasure;
  private readonly model: AdaptedModel;
  private readonly context: TaskContext;
  private readonly cacheFile: string;
  private ofBase: Float32Array | null = null;

  private constructor(measure: OpenMeasure, base: BaseModel, context: TaskContext, cacheFile: string) {
    this.measure = measure;
    this.model = new AdaptedModel(base);
    this.context = context;
    this.cacheFile = cacheFile;
  }

  /**
   * Opens the first measure that fits the base; null if none does, or none is asked for. The caller closes it, then
   * disposes the base.
   */
  static async open(base: BaseModel, request: MeterRequest, context: TaskContext): Promise<ForgettingMeter | null> {
    const { forgetting, modelDirectory, threads = 'all', computeDtype = 'float32' } = request;
    if (forgetting === undefined) return null;
    for (const { id } of forgettingMeasures) {
      const measure = await measureOpeners[id]({ base, modelDirectory, neutral: forgetting.neutral });
      if (measure === null) continue;
      const { fingerprint } = base.description;
      // Backends, threads and dtypes may differ in the last bits, which would show as a rise.
      const arithmetic = [tf.getBackend(), threads, computeDtype];
      const name = [id, fingerprint.slice(0, 24), measure.inputsHash.slice(0, 24), ...arithmetic].join('-');
      return new ForgettingMeter(measure, base, context, join(forgetting.cache, `${name}.f32`));
    }
    return null;
  }

  /** @throws StudioError cancelled between batches */
  async of(state: AdapterState): Promise<Forgetting> {
    const { measure } = this;
    const ofBase = await this.outputsOfBase();
    this.model.loadState(onOwnHead(state, this.model.base.description));
    const outputs = await this.outputs();
    const [base, adapted] = [measure.value(ofBase, ofBase), measure.value(outputs, ofBase)];
    return {
      measure: measure.id,
      base,
      adapted,
      rise: adapted - base,
      accuracy: measure.accuracy ? { base: measure.accuracy(ofBase), adapted: measure.accuracy(outputs) } : null,
      count: measure.count,
    };
  }

  close(): void {
    this.model.dispose();
    this.measure.dispose();
  }

  private async outputsOfBase(): Promise<Float32Array> {
    if (this.ofBase !== null) return this.ofBase;
    const cached = await readCached(this.cacheFile);
    if (cached === null) this.model.clear();
    this.ofBase = cached ?? (await this.outputs());
    // A cache that cannot be written costs time, not the measurement.
    if (cached === null) await writeFileAtomic(this.cacheFile, bytesOf(this.ofBase)).catch(() => undefined);
    return this.ofBase;
  }

  private outputs(): Promise<Float32Array> {
    return this.measure.outputs(this.model, {
      onProgress: async (done, total) => {
        if ((await this.context.signal()) === 'cancel')
          throw new StudioError('cancelled', 'Measuring forgetting was cancelled.');
        const progress = { phase: 'Measuring forgetting', done, total, unit: 'batches' };
        this.context.emit({ kind: 'progress', progress: { ...progress, perSecond: null, etaSeconds: null } });
      },
    });
  }
}

/**
 * Makes a measurement beside a result that does not depend on it: what keeps it from being made (a diverged adapter, a
 * base that is gone) becomes a warning, and null. @throws StudioError cancelled
 */
export async function measureOrWarn<Result>(
  context: TaskContext,
  measure: () => Promise<Result | null>,
): Promise<Result | null> {
  try {
    return await measure();
  } catch (thrown) {
    if (!(thrown instanceof StudioError) || thrown.code === 'cancelled') throw thrown;
    context.emit({ kind: 'log', level: 'warning', text: `Forgetting was not measured: ${thrown.message}` });
    return null;
  }
}

/**
 * Forgetting of one adapter alone; null where the base cannot be measured, nothing is asked for, or it fails.
 * @throws StudioError cancelled
 */
export function forgettingOf(
  state: AdapterState,
  base: BaseModel,
  request: MeterRequest,
  context: TaskContext,
): Promise<Forgetting | null> {
  return measureOrWarn(context, async () => {
    const meter = await ForgettingMeter.open(base, request, context);
    try {
      return (await meter?.of(state)) ?? null;
    } finally {
      meter?.close();
    }
  });
}

/**
 * The adapter on everything but the task's head, so that the base's own head reads the adapted states. The head of a
 * language model is no task's, and stays.
 */
export function onOwnHead(state: AdapterState, description: ModelDescription): AdapterState {
  if (writesText(description)) return state;
  const { linears } = withTaskHead(description, state.config.task_type);
  const heads = new Set(linears.flatMap(({ name, isHead }) => (isHead ? [name] : [])));
  const keep = <Value>(entries: ReadonlyMap<string, Value>, moduleOf: (name: string) => string) =>
    new Map([...entries].filter(([name]) => !heads.has(moduleOf(name))));
  const owner = (name: string) => name.slice(0, name.lastIndexOf('.'));
  return {
    ...state,
    config: { ...state.config, task_type: null },
    labels: null,
    modules: keep(state.modules, (name) => name),
    saved: keep(state.saved, owner),
    biases: keep(state.biases, owner),
  };
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Null where there is no such file, or a truncated one. */
async function readCached(file: string): Promise<Float32Array | null> {
  const bytes = await readFile(file).catch(() => null);
  if (bytes === null || bytes.length === 0 || bytes.length % 4 !== 0) return null;
  const values = new Float32Array(Uint8Array.from(bytes).buffer);
  return values.every(Number.isFinite) ? values : null;
}
