export { attention } from './attention.ts';
export { firstTokens } from './first-tokens.ts';
export { frozenLinear } from './frozen-linear.ts';
export { FrozenWeight } from './frozen-weight.ts';
export { gelu } from './gelu.ts';
export { layerNorm } from './layer-norm.ts';
export { loraLinear } from './lora-linear.ts';
export { softmaxCrossEntropy } from './softmax-cross-entropy.ts';
