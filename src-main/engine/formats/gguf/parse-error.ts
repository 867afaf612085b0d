import { StudioError } from '../../../../src-shared/contract/errors.ts';

/** What is wrong with a GGUF file itself: `what` names the key or tensor. */
export function ggufParseError(path: string, what: string): StudioError {
  return new StudioError(
    'invalid_file',
    `${path} ${what}.`,
    'Copy or download the GGUF file again: it seems damaged or incomplete.',
  );
}

/** A sound file that the studio cannot convert, and why. */
export function unsupportedGguf(path: string, what: string, hint: string): StudioError {
  return new StudioError('refused', `${path} ${what}.`, hint);
}
