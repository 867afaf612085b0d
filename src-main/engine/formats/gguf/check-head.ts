import { join } from 'node:path';
import { writeSafetensorsHead } from '../../tensors/safetensors-stream.ts';
import { planConversion, writeModelConfig } from './convert.ts';
import { type GgufFile, openGguf } from './gguf-file.ts';
import { GgufEndError } from './parse-error.ts';

/**
 * Refuses what `convertGguf` would refuse, by the start of a file: architecture, tokenizer and types of tensors. Otherwise
 * writes config.json and the header of model.safetensors, by which the converted model can be described.
 * @param wholeBytes size of the whole file
 * @param directory an empty folder
 * @returns bytes of the converted weights, or null if more of the file is needed to know
 */
export async function checkGgufHead(path: string, wholeBytes: number, directory: string): Promise<number | null> {
  let file: GgufFile | null = null;
  try {
    file = await openGguf(path, wholeBytes);
    const plan = await planConversion(file);
    await writeModelConfig(directory, plan);
    return await writeSafetensorsHead(join(directory, 'model.safetensors'), plan.tensors);
  } catch (error) {
    if (error instanceof GgufEndError) return null;
    throw error;
  } finally {
    await file?.close();
  }
}
