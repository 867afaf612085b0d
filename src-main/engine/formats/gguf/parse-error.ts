import { StudioError } from '../../../../src-shared/contract/errors.ts';

/** Error for a damaged GGUF file; `what` names the key or tensor. */
export function ggufParseError(path: string, what: string): StudioError {
  return new StudioError(
    'invalid_file',
    `${path} ${what}.`,
    'Copy or download the GGUF file again: it seems damaged or incomplete.',
  );
}

/** Error for a valid file that cannot be converted, with the reason. */
export function unsupportedGguf(path: string, what: string, hint: string): StudioError {
  return new StudioError('refused', `${path} ${what}.`, hint);
}
