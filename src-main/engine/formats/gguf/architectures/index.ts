import type { GgufFile } from '../gguf-file.ts';
import { unsupportedGguf } from '../parse-error.ts';
import type { GgufArchitecture } from './architecture.ts';
import { architectureOf } from './decoder-config.ts';
import { gpt2 } from './gpt2.ts';
import { llama } from './llama.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';

/** All architectures whose GGUF files can be converted. */
export const ggufArchitectures: readonly GgufArchitecture[] = [llama, qwen2, qwen3, gpt2];

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
  const found = ggufArchitectures.find((candidate) => candidate.id === id);
  if (found) return found;
  throw unsupportedGguf(
    file.path,
    `is a model of the architecture "${id}" ("general.architecture")`,
    `Supported are ${ggufArchitectures.map((candidate) => candidate.id).join(', ')}.`,
  );
}
