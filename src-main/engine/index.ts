/**
 * The public interface of the engine, which the package `coto-engine` exports. Paths may be relative to the working
 * directory. Calls run one after another in this process. Every failure that a caller can cause or fix is a
 * `StudioError` with a code, a message and a hint.
 */
import { mkdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { StudioError } from '../../src-shared/contract/errors.ts';
import type { ComputeBackendReport } from '../../src-shared/domain/app/catalog.ts';
import type { DatasetSource } from '../../src-shared/domain/data/dataset.ts';
import type { ClassificationResult } from '../../src-shared/domain/evaluation/classification.ts';
import type { EvaluationResult } from '../../src-shared/domain/evaluation/evaluation.ts';
import type { GenerationResult } from '../../src-shared/domain/generation/generation.ts';
import type { Quantization } from '../../src-shared/domain/models/quantization.ts';
import type { ParameterValues } from '../../src-shared/domain/parameters/parameter.ts';
import { runConfigSchema } from '../../src-shared/domain/runs/run.ts';
import { readAdapter as readState, writeAdapter as writeState } from './adapters/peft/adapter-folder.ts';
import { adapterVariant } from './adapters/variants/index.ts';
import { parsed, runJob } from './calls.ts';
import { allowDrivers, computeBackends, reportOn } from './compute/index.ts';
import { byPreference } from './compute/selection.ts';
import { type EngineResultOf, engineResultSchema, engineTaskSchema } from './contract.ts';
import { openDataset as openSource } from './data/open-dataset.ts';
import { detectReader } from './data/readers/index.ts';
import { engineEventSchema } from './events.ts';
import { readModelDefaults } from './generation/model-defaults.ts';
import { describeModel } from './models/huggingface/model-folder.ts';
import type {
  Adapter,
  CallOptions,
  ClassifyRequest,
  Dataset,
  DatasetInput,
  EvaluateRequest,
  GenerateRequest,
  MergeRequest,
  MergeResult,
  Model,
  PruneRequest,
  TrainRequest,
  TrainResult,
} from './requests.ts';

export type { ComputeBackendReport } from '../../src-shared/domain/app/catalog.ts';
export type { EvaluationResult } from '../../src-shared/domain/evaluation/evaluation.ts';
export type { ChatMessage } from '../../src-shared/domain/generation/chat-message.ts';
export type { Declaration } from '../../src-shared/domain/parameters/parameter.ts';
export { runJob } from './calls.ts';
export type { EngineResultOf, EngineTask } from './contract.ts';
export { declarations } from './declarations.ts';
export type { EngineEvent } from './events.ts';
export type * from './requests.ts';
export { engineEventSchema, engineResultSchema, engineTaskSchema, runConfigSchema, StudioError };

/**
 * Reads config.json and the headers of the weights, and hashes the files. Loads no weights.
 * @throws StudioError invalid_file naming the file and the key, or refused for an unsupported family
 */
export async function openModel(directory: string): Promise<Model> {
  const absolute = resolve(directory);
  return { directory: absolute, description: await describeModel(absolute) };
}

/**
 * Detects the format of a file or folder and reads its labels, columns, split sizes and faulty rows. Text is read to its end.
 * @param options of the reader, such as the columns of a CSV file
 * @throws StudioError invalid_file naming the file and the row
 */
export async function openDataset(path: string, options: ParameterValues = {}): Promise<Dataset> {
  const source = await sourceOf(path);
  const chosen = { ...source, options: { ...source.options, ...options } };
  const opened = await openSource(chosen);
  try {
    const description = opened.kind === 'texts' ? await opened.describe({ keepsFaults: true }) : opened.description;
    return { ...chosen, description };
  } finally {
    opened.close();
  }
}

/** Reports each compute backend, best first: whether it works on this machine, its device, and why. Loads the drivers of GPUs. */
export async function listComputeBackends(): Promise<Omit<ComputeBackendReport, 'chosen'>[]> {
  allowDrivers(isMainThread);
  const reports: ComputeBackendReport[] = [];
  for (const { id } of computeBackends) {
    const report = await reportOn(id);
    if (report !== null) reports.push(report);
  }
  return byPreference(reports).map(({ chosen, ...report }) => report);
}

/**
 * Trains an adapter, and evaluates it at the end.
 * @throws StudioError invalid_input naming the setting, invalid_file for model or dataset, refused where they do not fit,
 * not_finite for a diverged training, cancelled, out_of_memory or disk_full
 */
export async function train(request: TrainRequest, options: CallOptions = {}): Promise<TrainResult> {
  const modelDirectory = directoryOf(request.model);
  const dataset = await sourceOf(request.dataset);
  const config = parsed(runConfigSchema, { ...request.config, model: modelDirectory, dataset: dataset.path });
  const runDirectory = resolve(request.output);
  await mkdir(runDirectory, { recursive: true });
  let checkpoint: string | null = request.resumeFrom === undefined ? null : resolve(request.resumeFrom);
  const { outcome, result, adapterDirectory } = await runJob(
    {
      kind: 'train',
      config,
      modelDirectory,
      dataset,
      runDirectory,
      resumeFrom: checkpoint,
      earlierDtype: null,
      ...(request.seedAdapter === undefined ? {} : { initAdapterDirectory: resolve(request.seedAdapter) }),
    },
    {
      ...options,
      compute: options.compute ?? config.compute_backend,
      onEvent(event) {
        if (event.kind === 'checkpoint') checkpoint = event.checkpoint.folder;
        options.onEvent?.(event);
      },
    },
  );
  if (outcome === 'cancelled') throw new StudioError('cancelled', 'The training was cancelled.');
  return { outcome, adapter: adapterDirectory, checkpoint, result };
}

/** Scores the base, an adapter or an ensemble on the test split. Accuracy and F1 are between 0 and 1. @throws StudioError as `train` */
export async function evaluate(request: EvaluateRequest, options: CallOptions = {}): Promise<EvaluationResult> {
  const { adapters = [], samples = 0, predictionsFile } = request;
  const { result } = await runJob(
    {
      kind: 'evaluate',
      modelDirectory: directoryOf(request.model),
      dataset: await sourceOf(request.dataset),
      settings: request.settings ?? {},
      eval_samples: samples,
      adapters: adapters.map((adapter) =>
        typeof adapter === 'string'
          ? { directory: resolve(adapter), weight: 1 }
          : { ...adapter, directory: resolve(adapter.directory) },
      ),
      ...(predictionsFile === undefined ? {} : { predictionsFile: resolve(predictionsFile) }),
    },
    options,
  );
  return result;
}

/**
 * Merges adapters into one PEFT folder, and scores it on each dataset.
 * @throws StudioError refused naming the first adapter that does not fit, invalid_input naming the parameter
 */
export async function merge(request: MergeRequest, options: CallOptions = {}): Promise<MergeResult> {
  const { directory, description } = await modelOf(request.model);
  const { adapters, method, parameters = {}, output, settings = {} } = request;
  const datasets = await Promise.all((request.datasets ?? []).map(sourceOf));
  const merged = await runJob(
    {
      kind: 'merge',
      modelDirectory: directory,
      description,
      adapters: adapters.map((adapter) => {
        const {
          directory: folder,
          weight,
          step,
          dataset,
        } = typeof adapter === 'string' ? { directory: adapter } : adapter;
        return {
          directory: resolve(folder),
          weight: weight ?? 1 / adapters.length,
          step: step ?? null,
          dataset: dataset ?? null,
        };
      }),
      method,
      parameters,
      outputDirectory: output === undefined ? null : resolve(output),
      datasets: datasets.map((source) => ({ ...source, settings })),
      eval_samples: request.samples ?? 0,
      tuning_samples: request.tuningSamples ?? 64,
      placebos: [],
    },
    options,
  );
  const count = adapters.length;
  return {
    adapter: merged.adapterDirectory,
    weights: merged.weights,
    notes: merged.notes,
    scores: merged.scores.map((row) => ({
      adapters: row.slice(0, count),
      merged: row[count] ?? null,
      base: row[count + 1] ?? null,
    })),
  };
}

/** Prunes an adapter into a new PEFT folder. @returns numbers of entries kept and in total, in the unit of the method */
export async function prune(
  request: PruneRequest,
  options: CallOptions = {},
): Promise<{ adapter: string; kept: number; total: number; note: string | null }> {
  const { directory, description } = await modelOf(request.model);
  const { adapter, method, parameters = {}, output, dataset, settings = {} } = request;
  const { adapterDirectory, kept, total, note } = await runJob(
    {
      kind: 'prune',
      modelDirectory: directory,
      description,
      adapterDirectory: resolve(adapter),
      method,
      parameters,
      dataset: dataset === undefined ? null : { ...(await sourceOf(dataset)), settings },
      outputDirectory: resolve(output),
    },
    options,
  );
  return { adapter: adapterDirectory, kept, total, note };
}

/**
 * Continues a prompt. Events of kind `text` carry new text while it is generated. A cancelled call returns the text so far.
 * @throws StudioError refused for a model that generates no text
 */
export async function generate(
  request: GenerateRequest,
  options: CallOptions = {},
): Promise<GenerationResult['columns'][number]> {
  const { prompt, adapter, maxNewTokens, stop = [], seed = 0 } = request;
  const modelDirectory = directoryOf(request.model);
  const { max_new_tokens: ownMaximum, ...ownSampling } = (await readModelDefaults(modelDirectory)).values;
  const maximum = maxNewTokens ?? ownMaximum;
  const { result } = await runJob(
    {
      kind: 'generate',
      modelDirectory,
      adapterDirectories: [adapter === undefined ? null : resolve(adapter)],
      prompt: typeof prompt === 'string' ? { kind: 'text', text: prompt } : { kind: 'chat', messages: [...prompt] },
      ...(typeof maximum === 'number' ? { max_new_tokens: maximum } : {}),
      sampling: { ...ownSampling, ...request.sampling },
      stop: [...stop],
      seed,
    },
    options,
  );
  return only(result.columns);
}

/** Returns the likeliest classes of one image, the likeliest first. @throws StudioError refused for a model without classes */
export async function classify(
  request: ClassifyRequest,
  options: CallOptions = {},
): Promise<ClassificationResult['columns'][number]['classes']> {
  const { image, adapter, classes, top = 10 } = request;
  const { result } = await runJob(
    {
      kind: 'classify',
      modelDirectory: directoryOf(request.model),
      adapterDirectories: [adapter === undefined ? null : resolve(adapter)],
      image: { kind: 'file', path: resolve(image) },
      zeroShot: classes === undefined ? null : { classes: [...classes] },
      top,
    },
    options,
  );
  const { classes: likeliest, problem } = only(result.columns);
  if (problem !== null) throw new StudioError('refused', problem);
  return likeliest;
}

/** Reads a PEFT folder of any variant. @throws StudioError invalid_file naming the tensor that is missing or does not fit */
export async function readAdapter(directory: string, model: string | Model): Promise<Adapter> {
  const { variant, ...state } = await readState(resolve(directory), (await modelOf(model)).description);
  return { variant: variant.declaration.id, ...state };
}

/**
 * Writes a PEFT folder that PEFT loads, or nothing at all: adapter_config.json, adapter_model.safetensors,
 * coto_config.json and README.md. The folder must not exist.
 */
export async function writeAdapter(directory: string, adapter: Adapter, model: string | Model): Promise<void> {
  const { directory: base, description } = await modelOf(model);
  const { variant, ...state } = adapter;
  await writeState(
    resolve(directory),
    { ...state, variant: adapterVariant(variant) },
    { description, baseModelName: adapter.config.base_model_name_or_path ?? base },
  );
}

/**
 * Writes an adapter of any variant as plain LoRA, by singular values.
 * @param rank maximum rank of a module, default 64
 * @param energy share of the squared singular values to keep (0 to 1), default 0.99
 * @returns ranks, and relative errors ‖ΔW − B·A‖ / ‖ΔW‖
 */
export async function convertToLora(
  request: { model: string | Model; adapter: string; output: string; rank?: number; energy?: number },
  options: CallOptions = {},
): Promise<EngineResultOf<'plain-lora'>['report']> {
  const { directory, description } = await modelOf(request.model);
  const { adapter, output, rank = 64, energy = 0.99 } = request;
  const { report } = await runJob(
    {
      kind: 'plain-lora',
      modelDirectory: directory,
      description,
      adapterDirectory: resolve(adapter),
      rank,
      energy,
      outputDirectory: resolve(output),
    },
    options,
  );
  return report;
}

/** Writes the base with an adapter merged into its weights, as a model folder. `dtype` defaults to that of the base. */
export async function mergeIntoBase(
  request: { model: string | Model; adapter: string; output: string; dtype?: 'F32' | 'F16' | 'BF16' },
  options: CallOptions = {},
): Promise<Model> {
  const { outputDirectory } = await runJob(
    {
      kind: 'export-merged',
      modelDirectory: directoryOf(request.model),
      adapterDirectory: resolve(request.adapter),
      dtype: request.dtype ?? null,
      outputDirectory: resolve(request.output),
    },
    options,
  );
  return openModel(outputDirectory);
}

/** Writes a base with quantized matrices, as a model folder: NF4 and int8 as bitsandbytes does, Q4_0 to Q8_0 as llama.cpp. */
export async function quantize(
  request: { model: string | Model; type: Quantization; output: string },
  options: CallOptions = {},
): Promise<Model> {
  const { directory, description } = await modelOf(request.model);
  const { outputDirectory } = await runJob(
    {
      kind: 'quantize',
      modelDirectory: directory,
      description,
      type: request.type,
      from: { name: basename(directory), fingerprint: description.fingerprint },
      outputDirectory: resolve(request.output),
    },
    options,
  );
  return openModel(outputDirectory);
}

function directoryOf(model: string | Model): string {
  return typeof model === 'string' ? resolve(model) : model.directory;
}

async function modelOf(model: string | Model): Promise<Model> {
  return typeof model === 'string' ? openModel(model) : model;
}

async function sourceOf(dataset: DatasetInput): Promise<DatasetSource> {
  if (typeof dataset === 'string') return detectReader(resolve(dataset));
  const { reader, path, options } = dataset;
  return { reader, path: resolve(path), options };
}

function only<Item>(items: readonly Item[]): Item {
  const [item] = items;
  if (item === undefined) throw new RangeError('The job returned no column.');
  return item;
}
