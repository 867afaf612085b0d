import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelDescription, ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { MemoryChoice, ModelMemory } from '../../../src-shared/domain/models/model-memory.ts';
import type { Quantization } from '../../../src-shared/domain/models/quantization.ts';
import { runConfigSchema } from '../../../src-shared/domain/runs/run.ts';
import { memoryVerdict, neededBytes } from '../../../src-shared/results/memory-verdict.ts';
import { planOf } from '../library/models/quantization-plan.ts';
import type { Services } from '../services/services.ts';
import { memoryOfRun } from './estimate.ts';
import { memoryRoomOn } from './memory-room.ts';
import { backendChosenNow } from './planned-costs.ts';
import { checkedRun } from './run-yaml.ts';

type Model = Pick<ModelRecord, 'id' | 'description' | 'path'>;

/** Length of texts, above that of most fine-tuning datasets. */
const usualLength = 1024;
/** Classes of a new head, where the model has none. */
const usualClasses = Array.from({ length: 10 }, (_, index) => String(index));

/**
 * Estimates the memory to train each model with LoRA of rank 16 on every linear layer, on the compute backend that a
 * run would use now. The effective batch is the same in all choices.
 */
export async function memoryOfModels(services: Services, models: readonly Model[]): Promise<ModelMemory[]> {
  const found = await Promise.all(models.map((model) => memoryOfModel(services, model).catch(nullIfUnreadable)));
  return found.filter((memory) => memory !== null);
}

/** The list of models is there also where the folder of one of them is gone. */
function nullIfUnreadable(thrown: unknown): null {
  if (thrown instanceof StudioError) return null;
  throw thrown;
}

async function memoryOfModel(services: Services, model: Model): Promise<ModelMemory> {
  const { text, labels } = model.description;
  const tokens = text === null ? null : Math.min(usualLength, text.maxPositions);
  const room = await memoryRoomOn(services, backendChosenNow(services));
  const dataset = { labels: labels.length > 0 ? labels : usualClasses };
  const choiceOf = async (settings: Settings, quantized: Quantized | null): Promise<MemoryChoice> => {
    const config = checkedRun(
      runConfigSchema.parse({
        model: model.id,
        adapter: { variant: 'lora', target_modules: 'all-linear', parameters: { r: 16, lora_alpha: 32 } },
        ...(tokens === null ? {} : { max_length: tokens }),
        ...settings,
      }),
    );
    const description = quantized === null ? model.description : quantized.description;
    const need = await memoryOfRun(services, config, { path: model.path, description }, dataset);
    return {
      ...settings,
      quantization: quantized?.type ?? null,
      bytes: neededBytes(need),
      verdict: memoryVerdict(need, room),
    };
  };
  const choices: MemoryChoice[] = [];
  const ladder = settingsFor(text === null ? 32 : 8);
  for (const settings of ladder) choices.push(await choiceOf(settings, null));
  const leanest = ladder.at(-1);
  if (leanest !== undefined && choices.at(-1)?.verdict !== 'fits')
    for (const quantized of await quantizedOf(model)) choices.push(await choiceOf(leanest, quantized));
  return { modelId: model.id, tokens, ...room, choices };
}

interface Quantized {
  readonly type: Quantization;
  readonly description: ModelDescription;
}

/** Estimates the model in eight and in four bits; empty if it cannot be quantized, or already is. */
async function quantizedOf(model: Model): Promise<Quantized[]> {
  const plan = await planOf(model).catch(nullIfUnreadable);
  return (['Q8_0', 'nf4'] as const).flatMap((type) => {
    const choice = plan?.choices.find((candidate) => candidate.type === type);
    if (choice === undefined) return [];
    const sizes = { sizeBytes: choice.afterBytes, encodedBytes: choice.afterBytes };
    return [{ type, description: { ...model.description, ...sizes, dtype: type } }];
  });
}

type Settings = Omit<MemoryChoice, 'bytes' | 'verdict' | 'quantization'>;

/** From the fastest settings to those that need the least memory. */
function settingsFor(effectiveBatch: number): Settings[] {
  const settings: Settings[] = [];
  for (let batch = effectiveBatch; batch >= 1; batch = Math.floor(batch / 4))
    settings.push(of(batch, effectiveBatch / batch, false));
  if (settings.at(-1)?.per_device_train_batch_size !== 1) settings.push(of(1, effectiveBatch, false));
  settings.push(of(1, effectiveBatch, true));
  return settings;
}

function of(batch: number, accumulation: number, checkpointing: boolean): Settings {
  return {
    per_device_train_batch_size: batch,
    gradient_accumulation_steps: accumulation,
    gradient_checkpointing: checkpointing,
  };
}
