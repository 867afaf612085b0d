import { StudioError } from '../../../../src-shared/contract/errors.ts';

/** Error for a damaged GGUF file; `what` names the key or tensor. */
export function ggufParseError(path: string, what: string): StudioError {
  return new StudioError(
    'invalid_file',
    `${path} ${what}.`,
    'Copy or download the GGUF file again: it seems damaged or incomplete.',
  );
}

/** Error for a file that ends before what its header promises; thrown too where only the start of a file is there. */
export class GgufEndError extends StudioError {
  constructor(path: string, what: string) {
    super(
      'invalid_file',
      `${path} ended while ${what} was being read.`,
      'Copy or download the GGUF file again: it seems damaged or incomplete.',
    );
  }
}

/** Error for a valid file that cannot be converted, with the reason. */
export function unsupportedGguf(path: string, what: string, hint: string): StudioError {
  return new StudioError('refused', `${path} ${what}.`, hint);
}
