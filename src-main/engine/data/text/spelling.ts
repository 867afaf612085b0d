/** A text as texts are compared that may differ by case and white space alone. */
export function withoutSpelling(text: string): string {
  return text.normalize('NFC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
}
