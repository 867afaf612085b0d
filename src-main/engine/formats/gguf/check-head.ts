import { byteLength } from '../../tensors/safetensors-stream.ts';
import { planConversion } from './convert.ts';
import { type GgufFile, openGguf } from './gguf-file.ts';
import { GgufEndError } from './parse-error.ts';

/**
 * Refuses what `convertGguf` would refuse, by the start of a file: architecture, tokenizer and types of tensors.
 * @param wholeBytes size of the whole file
 * @returns bytes of the converted weights, or null if more of the file is needed to know
 */
export async function checkGgufHead(path: string, wholeBytes: number): Promise<number | null> {
  let file: GgufFile | null = null;
  try {
    file = await openGguf(path, wholeBytes);
    const { tensors } = await planConversion(file);
    return tensors.reduce((sum, tensor) => sum + byteLength(tensor), 0);
  } catch (error) {
    if (error instanceof GgufEndError) return null;
    throw error;
  } finally {
    await file?.close();
  }
}
