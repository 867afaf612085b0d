import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { numberOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';

/** The blocks into which OFT cuts the inputs of a linear layer: `count` of `size` each. */
export interface OftBlocks {
  readonly size: number;
  readonly count: number;
}

/**
 * Computes the block sizes like PEFT: `oft_block_size` rows a block or `r` blocks, whichever is not 0. If it does not
 * divide the inputs, the nearest divisor applies; the smaller of two equally near ones.
 * @throws StudioError invalid_input where both or neither are given, or where a block is a single input.
 */
export function oftBlocks(inputs: number, parameters: ParameterValues): OftBlocks {
  const [r, size] = [numberOf(parameters, 'r'), numberOf(parameters, 'oft_block_size')];
  if ((r === 0) === (size === 0))
    throw new StudioError(
      'invalid_input',
      `${r === 0 ? 'Neither r nor oft_block_size is set' : 'Both r and oft_block_size are set'}: one of the two gives the other.`,
      'Set one of them to 0, as in PEFT.',
    ).at('adapter.oft_block_size');
  const count = r === 0 ? inputs / nearestDivisor(inputs, size) : nearestDivisor(inputs, r);
  if (count < inputs) return { size: inputs / count, count };
  throw new StudioError(
    'invalid_input',
    `Blocks of a single one of ${inputs} inputs have nothing to rotate.`,
    'Set a larger oft_block_size, or a smaller r.',
  ).at('adapter.oft_block_size');
}

function nearestDivisor(total: number, wanted: number): number {
  if (wanted >= total) return total;
  let [higher, lower] = [wanted, wanted];
  while (total % higher !== 0) higher++;
  while (total % lower !== 0) lower--;
  return wanted - lower <= higher - wanted ? lower : higher;
}
