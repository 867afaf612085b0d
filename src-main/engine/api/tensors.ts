/** Tensor files, their headers and stored encodings. */
export { encodeFloats } from '../tensors/encode-floats.ts';
export { elementCount } from '../tensors/host-tensor.ts';
export { openSafetensors } from '../tensors/safetensors.ts';
export { headerLength } from '../tensors/safetensors-header.ts';
export { streamSafetensors } from '../tensors/safetensors-stream.ts';
export { staysEncoded, storedEncodingOf } from '../tensors/stored-matrix.ts';
export { blockTypeNamed } from '../tensors/tensor-types/index.ts';
