import { writeFileSync } from 'node:fs';

interface SmallAblation {
  readonly model: string;
  readonly dataset: string;
  /** Keys of its runs besides. */
  readonly run: Readonly<Record<string, unknown>>;
  readonly grid?: Readonly<Record<string, unknown>>;
  readonly name?: string;
  readonly seeds: readonly number[];
}

/** Writes a study that compares runs with and without CoTo, small enough to be trained for real. */
export function writeSmallAblation(
  file: string,
  { model, dataset, run, seeds, name, grid = { coto: [null, {}] } }: SmallAblation,
): void {
  const fixed = {
    per_device_train_batch_size: 4,
    compute_backend: 'wasm',
    adapter: { r: 2, target_modules: ['q_proj', 'v_proj'] },
  };
  const study = { kind: 'ablation', name, run: { model, dataset, ...fixed, ...run }, grid, seeds };
  writeFileSync(file, JSON.stringify(study, null, 2));
}
