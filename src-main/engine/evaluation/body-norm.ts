import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { AdapterState } from '../adapters/variant/state.ts';
import { scaleAdapter } from '../adapters/weights/scale-adapter.ts';
import { squaredNorms } from '../adapters/weights/update-norm.ts';
import { BaseWeights } from '../merge/run/base-weights.ts';
import type { MergeBase } from '../merge/run/run-merge.ts';
import { headModules } from '../merge/run/task-heads.ts';

/** ‖ΔW‖ over all modules but those of the task head. */
export async function bodyNorm(state: AdapterState, base: MergeBase): Promise<number> {
  const heads = headModules(state, base.description);
  const modules = new Map([...state.modules].filter(([name]) => !heads.has(name)));
  const weights = new BaseWeights(base);
  try {
    const squares = await squaredNorms({ ...state, modules }, base.description, (name) => weights.read(name));
    return Math.sqrt([...squares.values()].reduce((sum, square) => sum + square, 0));
  } finally {
    await weights.close();
  }
}

/**
 * The adapter with its update multiplied, but for low-rank updates of its task head.
 * @throws StudioError refused as `scaleAdapter` does
 */
export function scaleBody(state: AdapterState, factor: number, description: ModelDescription): AdapterState {
  const scaled = scaleAdapter(state, factor);
  const heads = headModules(state, description);
  // A replaced value keeps the place of its module.
  const kept = [...state.modules].filter(([name]) => heads.has(name));
  return kept.length === 0 ? scaled : { ...scaled, modules: new Map([...scaled.modules, ...kept]) };
}
