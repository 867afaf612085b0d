import { clipFamily } from './clip/index.ts';
import { cohere2Family } from './decoder/cohere2.ts';
import { ernie45Family } from './decoder/ernie4-5.ts';
import { gemmaFamily } from './decoder/gemma.ts';
import { gemma2Family } from './decoder/gemma2.ts';
import { gemma3Family } from './decoder/gemma3.ts';
import { gemma3VisionFamily } from './decoder/gemma3-vision.ts';
import { glm4Family } from './decoder/glm4.ts';
import { gptNeoxFamily } from './decoder/gpt-neox.ts';
import { gptOssFamily } from './decoder/gpt-oss.ts';
import { graniteFamily } from './decoder/granite.ts';
import { lfm2Family } from './decoder/lfm2/index.ts';
import { llamaFamily } from './decoder/llama.ts';
import { ministral3Family } from './decoder/ministral3.ts';
import { mistralFamily } from './decoder/mistral.ts';
import { mistral3Family } from './decoder/mistral3.ts';
import { mixtralFamily } from './decoder/mixtral.ts';
import { olmoFamily } from './decoder/olmo.ts';
import { olmo2Family } from './decoder/olmo2.ts';
import { olmo3Family } from './decoder/olmo3.ts';
import { optFamily } from './decoder/opt.ts';
import { phiFamily } from './decoder/phi.ts';
import { phi3Family } from './decoder/phi3.ts';
import { qwen2Family } from './decoder/qwen2.ts';
import { qwen3Family } from './decoder/qwen3.ts';
import { qwen35Family } from './decoder/qwen3-5/index.ts';
import { qwen35VisionFamily } from './decoder/qwen3-5/vision.ts';
import { qwen3MoeFamily } from './decoder/qwen3-moe.ts';
import { qwen3VlFamily } from './decoder/qwen3-vl.ts';
import { seedOssFamily } from './decoder/seed-oss.ts';
import { smollm3Family } from './decoder/smollm3.ts';
import { smolvlmFamily } from './decoder/smolvlm.ts';
import { stablelmFamily } from './decoder/stablelm.ts';
import { starcoder2Family } from './decoder/starcoder2.ts';
import { albertFamily } from './encoder/albert.ts';
import { bertFamily } from './encoder/bert.ts';
import { debertaV2Family } from './encoder/deberta-v2.ts';
import { distilbertFamily } from './encoder/distilbert.ts';
import { electraFamily } from './encoder/electra.ts';
import { eurobertFamily } from './encoder/eurobert.ts';
import { modernbertFamily } from './encoder/modernbert.ts';
import { mpnetFamily } from './encoder/mpnet.ts';
import { nomicBertFamily } from './encoder/nomic-bert.ts';
import { robertaFamily } from './encoder/roberta.ts';
import { xlmRobertaFamily } from './encoder/xlm-roberta.ts';
import type { ModelFamily } from './family.ts';
import { gpt2Family } from './gpt2/index.ts';
import { t5Family } from './t5/index.ts';
import { deitFamily } from './vision/deit.ts';
import { dinov2Family } from './vision/dinov2.ts';
import { dinov2RegistersFamily } from './vision/dinov2-with-registers.ts';
import { dinov3Family } from './vision/dinov3-vit.ts';
import { siglipFamily } from './vision/siglip.ts';
import { vitFamily } from './vision/vit.ts';

/** Every base-model family of the studio. */
export const modelFamilies: readonly ModelFamily[] = [
  albertFamily,
  bertFamily,
  clipFamily,
  cohere2Family,
  debertaV2Family,
  deitFamily,
  dinov2Family,
  dinov2RegistersFamily,
  dinov3Family,
  distilbertFamily,
  electraFamily,
  ernie45Family,
  eurobertFamily,
  gemma2Family,
  gemma3Family,
  gemma3VisionFamily,
  gemmaFamily,
  glm4Family,
  gpt2Family,
  gptNeoxFamily,
  gptOssFamily,
  graniteFamily,
  lfm2Family,
  llamaFamily,
  ministral3Family,
  mistral3Family,
  mistralFamily,
  mixtralFamily,
  modernbertFamily,
  mpnetFamily,
  nomicBertFamily,
  olmoFamily,
  olmo2Family,
  olmo3Family,
  optFamily,
  phi3Family,
  phiFamily,
  qwen2Family,
  qwen3Family,
  qwen35Family,
  qwen35VisionFamily,
  qwen3MoeFamily,
  qwen3VlFamily,
  robertaFamily,
  seedOssFamily,
  smollm3Family,
  smolvlmFamily,
  stablelmFamily,
  starcoder2Family,
  t5Family,
  siglipFamily,
  vitFamily,
  xlmRobertaFamily,
];
