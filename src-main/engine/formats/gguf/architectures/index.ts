import type { GgufFile } from '../gguf-file.ts';
import { unsupportedGguf } from '../parse-error.ts';
import type { GgufArchitecture } from './architecture.ts';
import { architectureOf } from './decoder-config.ts';
import { gemma } from './gemma.ts';
import { gemma2 } from './gemma2.ts';
import { gemma3 } from './gemma3.ts';
import { glm4 } from './glm4.ts';
import { gptNeox } from './gpt-neox.ts';
import { gptOss } from './gpt-oss.ts';
import { gpt2 } from './gpt2.ts';
import { granite } from './granite.ts';
import { lfm2 } from './lfm2.ts';
import { llama } from './llama.ts';
import { mistral3 } from './mistral3.ts';
import { mixtral } from './mixtral.ts';
import { olmo2 } from './olmo2.ts';
import { olmo3 } from './olmo3.ts';
import { phi2 } from './phi2.ts';
import { phi3 } from './phi3.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { qwen3Moe } from './qwen3-moe.ts';
import { smollm3 } from './smollm3.ts';
import { stablelm } from './stablelm.ts';
import { starcoder2 } from './starcoder2.ts';

/** All architectures whose GGUF files can be converted. */
export const ggufArchitectures: readonly GgufArchitecture[] = [
  llama,
  qwen2,
  qwen3,
  gpt2,
  gemma,
  gemma2,
  gemma3,
  glm4,
  gptNeox,
  gptOss,
  granite,
  lfm2,
  mistral3,
  mixtral,
  olmo2,
  olmo3,
  phi2,
  phi3,
  qwen3Moe,
  smollm3,
  stablelm,
  starcoder2,
];

/** @throws StudioError refused naming the architecture. */
export function architectureOfFile(file: GgufFile): GgufArchitecture {
  const type = file.metadata.text('general.type') ?? 'model';
  if (type !== 'model')
    throw unsupportedGguf(file.path, `has no model but something of type "${type}" ("general.type")`, 'Give a model.');
  const parts = file.metadata.count('split.count') ?? 1;
  if (parts > 1)
    throw unsupportedGguf(
      file.path,
      `is one of ${parts} files that a model was split into ("split.count")`,
      'Join them first: llama-gguf-split --merge.',
    );
  const id = architectureOf(file);
  const named = ggufArchitectures.filter((candidate) => candidate.id === id);
  const found = named.find(({ isOf }) => isOf?.(file)) ?? named.find(({ isOf }) => isOf === undefined);
  if (found) return found;
  throw unsupportedGguf(
    file.path,
    `is a model of the architecture "${id}" ("general.architecture")`,
    `Supported are ${[...new Set(ggufArchitectures.map((candidate) => candidate.id))].join(', ')}.`,
  );
}
