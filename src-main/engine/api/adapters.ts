/** Adapters: variants, PEFT folders, target modules, starts and sizes. */
export { type AdapterSizes, adapterMemory, adapterSizes } from '../adapters/adapter-memory.ts';
export { initFolder } from '../adapters/convert-residual.ts';
export { describeDerivedBase } from '../adapters/derived-base.ts';
export { requireEmbedding } from '../adapters/device-adapter.ts';
export { savedByDefault } from '../adapters/fresh-adapter.ts';
export { initializationFromPeft, initializations } from '../adapters/initializations/index.ts';
export { checkStarts } from '../adapters/initializations/start-modules.ts';
export {
  adapterConfigFile,
  adapterTensorsFile,
  noteBase,
  readAdapterConfig,
  readCotoConfig,
} from '../adapters/peft/adapter-config.ts';
export { readAdapter, writeAdapter } from '../adapters/peft/adapter-folder.ts';
export { nameWithoutHead } from '../adapters/peft/name-without-head.ts';
export {
  type AdapterOutline,
  checkAdapterFolder,
  notFinite,
  readAdapterOutline,
} from '../adapters/peft/open-adapter.ts';
export { type PlannedOutline, plannedOutline } from '../adapters/planned-outline.ts';
export { checkSeed } from '../adapters/seed-adapter.ts';
export { findLinear, isSavedBy, lastName, resolveTargetModules } from '../adapters/target-modules.ts';
export { updateNorms } from '../adapters/update-norms.ts';
export { checkTraining } from '../adapters/variant-training.ts';
export { adapterVariant, adapterVariants } from '../adapters/variants/index.ts';
