/** Blocks, weights and tensors of base models, of which the workloads of `bench/` are built. */
export type { BaseModel, HiddenStates } from '../models/base-model.ts';
export { type DecoderBlock, type RmsNorm, runDecoderBlock } from '../models/blocks/decoder-block.ts';
export { applyNorm, loadNorm } from '../models/blocks/norm.ts';
export { type PreNormBlock, runPreNormBlock } from '../models/blocks/pre-norm-block.ts';
export { FrozenTensors } from '../models/blocks/weights.ts';
export { frequenciesOf, rotaryTable } from '../models/decoder/rope.ts';
export { reachMatrix } from '../models/encoder/relative-positions.ts';
export { readConfig } from '../models/huggingface/model-folder.ts';
export { loadBaseModel } from '../models/load-model.ts';
export { parseVitConfig } from '../models/vit/config.ts';
export { encodeFloats } from '../tensors/encode-floats.ts';
export { elementCount, type HostTensor } from '../tensors/host-tensor.ts';
export { openSafetensors, readSafetensors, type TensorSource, writeSafetensors } from '../tensors/safetensors.ts';
export { streamSafetensors } from '../tensors/safetensors-stream.ts';
