/** Adapter files of other programs, and checks for runtimes. */

export { maxHostEntries } from '../formats/adapters/cut-update.ts';
export type { AdapterFormat, AdapterSource, KnownBase, ReadAdapter, ReadOptions } from '../formats/adapters/format.ts';
export { gguf } from '../formats/adapters/gguf.ts';
export { adapterFormats, recognizeAdapter } from '../formats/adapters/index.ts';
export { conversionNote, toEqualLora } from '../formats/adapters/plain-lora.ts';
export { LongConversion } from '../formats/adapters/read-foreign.ts';
export { isModelFolder, readTunedModel } from '../formats/adapters/tuned-model.ts';
export { checkRuntimes } from '../formats/runtimes/index.ts';
