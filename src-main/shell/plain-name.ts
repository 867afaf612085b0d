/** The text in one line, without characters that are not seen or that turn the direction of reading. */
export function withoutControls(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Cf}/gu, ' ').slice(0, 200);
}

/** A file name that a page proposes: its last part, and none that hides the file. */
export function plainName(text: string): string {
  const name = withoutControls(text).split(/[\\/]/).at(-1) ?? '';
  return name.replace(/^[.\s]+/, '').trim() || 'untitled';
}
