import type { PlannedAdapter } from '../../../../src-shared/domain/adapters/adapter-reference.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import type { Subject, TrainingSpec } from '../../../../src-shared/domain/studies/plan.ts';
import { adapterVariant } from '../../adapters/variants/index.ts';

/** The subject that a study's adapter is; one given by a run's settings is a training of `trainingsOf`. */
export function adapterSubject(adapter: PlannedAdapter): Subject {
  return 'run' in adapter ? { kind: 'trained', training: trainingKey(adapter.run) } : { kind: 'adapter', adapter };
}

/** The trainings that make the adapters given by a run's settings, each once. */
export function trainingsOf(adapters: readonly PlannedAdapter[]): TrainingSpec[] {
  const trainings = new Map<string, TrainingSpec>();
  for (const adapter of adapters) {
    if (!('run' in adapter)) continue;
    const { run: config, name } = adapter;
    const key = trainingKey(config);
    if (!trainings.has(key)) trainings.set(key, { kind: 'train', key, title: name ?? runTitle(config), config });
  }
  return [...trainings.values()];
}

/** "LoRA + CoTo · font-letters · seed 1" */
export function runTitle({ adapter, coto, dataset, seed }: RunConfig): string {
  const { label } = adapterVariant(adapter.variant).declaration;
  return `${label}${coto === null ? '' : ' + CoTo'} · ${dataset} · seed ${seed}`;
}

/** Keys of a kind's own trainings do not begin so. */
function trainingKey(run: RunConfig): string {
  return `adapter ${JSON.stringify(run)}`;
}
