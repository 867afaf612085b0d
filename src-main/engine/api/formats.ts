/** Adapter files of other programs, and checks for runtimes. */
export type { AdapterFormat, AdapterSource, KnownBase } from '../formats/adapters/format.ts';
export { gguf } from '../formats/adapters/gguf.ts';
export { adapterFormats, recognizeAdapter } from '../formats/adapters/index.ts';
export { checkRuntimes } from '../formats/runtimes/index.ts';
