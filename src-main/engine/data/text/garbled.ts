/** Number of replacement characters, and of control characters other than white space. */
export function countGarbled(text: string): number {
  return text.match(/(?![\t\n\r\f])[\p{Cc}\uFFFD]/gu)?.length ?? 0;
}
