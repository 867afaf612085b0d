import { existsSync } from 'node:fs';
import path from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';

/** A quantization that cannot be read. */
interface ForeignQuantization {
  readonly label: string;
  /** End of the names of tensors that only it has. */
  readonly tensor: string;
  /** File that its program writes beside the weights, where config.json does not name it. */
  readonly file?: string;
}

/** The first that fits counts: GPTQ and AWQ share most names. */
const foreignQuantizations: readonly ForeignQuantization[] = [
  { label: 'GPTQ', tensor: '.g_idx', file: 'quantize_config.json' },
  { label: 'AWQ', tensor: '.qzeros', file: 'quant_config.json' },
  { label: 'GPTQ', tensor: '.qweight' },
  { label: 'compressed-tensors', tensor: '.weight_packed' },
  { label: 'FP8 with scales', tensor: '.weight_scale_inv' },
  { label: 'FP8 with scales', tensor: '.weight_scale' },
  { label: 'EXL2', tensor: '.q_weight' },
  { label: 'HQQ', tensor: '.W_q' },
  { label: 'Quanto', tensor: '.weight._data' },
  { label: 'AQLM', tensor: '.codebooks' },
];

const remedy = 'Choose the unquantized model, one quantized by bitsandbytes (NF4, int8), or a GGUF file of it.';

/** Error for weights in a quantization that cannot be read. `evidence` is what shows it. */
export function quantizedBy(place: string, label: string, evidence: string): StudioError {
  return new StudioError(
    'refused',
    `${place}: the weights are quantized with ${label} (${evidence}), which is not supported.`,
    remedy,
  );
}

/** @throws StudioError refused for tensors that only a foreign quantization has, naming it */
export function refuseQuantizedTensors(place: string, names: readonly string[]): void {
  for (const { label, tensor } of foreignQuantizations) {
    const found = names.find((name) => name.endsWith(tensor));
    if (found !== undefined) throw quantizedBy(place, label, found);
  }
}

/** @throws StudioError refused for a folder with the file of a foreign quantization, naming it */
export function refuseQuantizedFolder(directory: string): void {
  for (const { label, file } of foreignQuantizations)
    if (file !== undefined && existsSync(path.join(directory, file))) throw quantizedBy(directory, label, file);
}
