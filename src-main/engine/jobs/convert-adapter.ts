import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { writeFolderAtomic } from '../../files/atomic.ts';
import { adapterConfigFile } from '../adapters/peft/adapter-config.ts';
import { readAdapter, writeAdapter } from '../adapters/peft/adapter-folder.ts';
import {
  type ConversionBase,
  fromResidualForm,
  initFolder,
  toResidualForm,
} from '../adapters/residual/convert-residual.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import type { EngineResultOf, EngineTaskOf } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { BaseWeights } from '../merge/run/base-weights.ts';
import { defineEngineJob } from './define-job.ts';

/** Rewrites an adapter between PEFT's form on a residual base and the equal plain LoRA. Needs no compute backend. */
export async function runConvertAdapterTask(
  task: EngineTaskOf<'convert-adapter'>,
  context: TaskContext,
): Promise<EngineResultOf<'convert-adapter'>> {
  const { description, adapterDirectory, outputDirectory } = task;
  const weights = new BaseWeights({ description, directory: task.modelDirectory });
  const base: ConversionBase = {
    description,
    weight: (name) => weights.read(name),
    async onModule(done, total) {
      if ((await context.signal()) !== null) throw new StudioError('cancelled', 'The conversion was cancelled.');
      const counts = { done, total, unit: 'modules', perSecond: null, etaSeconds: null };
      context.emit({ kind: 'progress', progress: { phase: 'Decomposing', ...counts } });
    },
  };
  const details = (state: AdapterState) => ({
    description,
    baseModelName: state.config.base_model_name_or_path ?? description.architecture,
  });
  try {
    if (task.to === 'portable') {
      const kept = join(adapterDirectory, initFolder);
      const init = existsSync(join(kept, adapterConfigFile)) ? await readAdapter(kept, description, true) : null;
      const state = await fromResidualForm(await readAdapter(adapterDirectory, description, true), base, init);
      await writeAdapter(outputDirectory, state, details(state));
    } else {
      const state = await readAdapter(adapterDirectory, description);
      const { trained, subtracted } = await toResidualForm(state, task.parameters, base);
      await writeFolderAtomic(outputDirectory, async (temporary) => {
        await writeAdapter(temporary, trained, details(state));
        await writeAdapter(join(temporary, initFolder), startOf(trained, subtracted), details(state));
      });
    }
  } finally {
    await weights.close();
  }
  return { kind: 'convert-adapter', outputDirectory };
}

export const convertAdapterJob = defineEngineJob('convert-adapter', runConvertAdapterTask);

/** The initial adapter, which PEFT needs for `path_initial_model_for_weight_conversion`. */
function startOf(trained: AdapterState, subtracted: Awaited<ReturnType<typeof toResidualForm>>['subtracted']) {
  const modules = [...trained.modules].map(([name, module]) => {
    const { a, b } = subtracted.get(name) ?? { a: undefined, b: undefined };
    if (a === undefined || b === undefined) throw new Error(`there is no start of ${name}`);
    return [name, { ...module, tensors: new Map([...module.tensors, ['a', a], ['b', b]]) }] as const;
  });
  return { ...trained, modules: new Map(modules), parameters: { ...trained.parameters, init_lora_weights: 'kaiming' } };
}
