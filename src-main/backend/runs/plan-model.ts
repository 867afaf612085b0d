import { totalmem } from 'node:os';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DownloadPlan, PlannedModel } from '../../../src-shared/domain/models/hub.ts';
import { formatBytes } from '../../../src-shared/format/bytes.ts';
import { modelFamilies } from '../../engine/api/models.ts';
import { checkRemote, type DescribedModel } from '../library/huggingface/check-remote.ts';
import { planDownload } from '../library/huggingface/download.ts';
import type { AskedModel } from '../library/huggingface/repository.ts';
import type { Services } from '../services/services.ts';
import { memoryOfModels } from './model-memory.ts';

const lookUpMilliseconds = 60_000;
/** Bytes of a weight in the smallest form that a model can be trained on, NF4 with its scales. */
const leastBytesPerWeight = 0.5625;

/**
 * Plans the download of a model: its files, and its family, size and memory to train. Fetches config.json and headers only.
 * @throws StudioError refused for a model that is not supported, or that no form of its weights fits in this machine's memory
 */
export async function planModel(services: Services, asked: AskedModel): Promise<DownloadPlan> {
  let model: PlannedModel | null = null;
  const plan = await planDownload(process.env, asked, AbortSignal.timeout(lookUpMilliseconds), (remote) =>
    checkRemote(services, remote, async (described) => {
      requireMemory(described, asked.repository, totalmem());
      model = await plannedModel(services, described);
    }),
  );
  return { ...plan, model };
}

/** @throws StudioError refused for a model whose weights exceed the machine's memory even in four bits */
export function requireMemory(
  { description: { parameterCount } }: Pick<DescribedModel, 'description'>,
  name: string,
  machineBytes: number,
): void {
  const leastBytes = parameterCount * leastBytesPerWeight;
  if (leastBytes <= machineBytes) return;
  throw new StudioError(
    'refused',
    `${name} has ${formatBytes(leastBytes)} of weights even in four bits, more than the ${formatBytes(machineBytes)} of memory in this machine.`,
    'Choose a smaller model of its family.',
  );
}

async function plannedModel(services: Services, { path, description }: DescribedModel): Promise<PlannedModel> {
  const family = modelFamilies.find(({ declaration }) => declaration.id === description.family);
  const [memory] = await memoryOfModels(services, [{ id: '', path, description }]);
  const { modelId: _, ...estimate } = memory ?? { modelId: '' };
  return {
    family: family?.declaration.label ?? description.family,
    architecture: description.architecture,
    parameterCount: description.parameterCount,
    memory: 'choices' in estimate ? estimate : null,
  };
}
