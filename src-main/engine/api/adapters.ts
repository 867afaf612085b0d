/** Adapters: variants, PEFT folders, target modules, starts and sizes. */

export { savedByDefault } from '../adapters/fresh/fresh-adapter.ts';
export { checkSeed } from '../adapters/fresh/seed-adapter.ts';
export { checkStarts } from '../adapters/fresh/start-modules.ts';
export { initializationFromPeft, initializations } from '../adapters/initializations/index.ts';
export { type AdapterSizes, adapterMemory, adapterSizes } from '../adapters/inspect/adapter-memory.ts';
export { type PlannedOutline, plannedOutline } from '../adapters/inspect/planned-outline.ts';
export { updateNorms } from '../adapters/inspect/update-norms.ts';
export {
  adapterConfigFile,
  adapterTensorsFile,
  noteBase,
  readAdapterConfig,
  readCotoConfig,
} from '../adapters/peft/adapter-config.ts';
export { readAdapter, writeAdapter } from '../adapters/peft/adapter-folder.ts';
export { dropAdapterName, nameWithoutHead } from '../adapters/peft/name-without-head.ts';
export {
  type AdapterOutline,
  checkAdapterFolder,
  notFinite,
  readAdapterOutline,
} from '../adapters/peft/open-adapter.ts';
export { initFolder } from '../adapters/residual/convert-residual.ts';
export { describeDerivedBase } from '../adapters/residual/derived-base.ts';
export {
  findLinear,
  isSavedBy,
  lastName,
  patternNames,
  resolveTargetModules,
} from '../adapters/targets/target-modules.ts';
export { checkTraining } from '../adapters/variant/variant-training.ts';
export { adapterVariant, adapterVariants } from '../adapters/variants/index.ts';
export { requireEmbedding } from '../adapters/weights/device-adapter.ts';
export { strengthProblem } from '../adapters/weights/scale-adapter.ts';
export {
  plannedTokens,
  type TokenTarget,
  tokenIds,
  tokenRowSizes,
  tokenRowsKey,
} from '../adapters/weights/trained-tokens.ts';
