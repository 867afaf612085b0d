/** Tokens that run through a text tower at once where nothing of it is trained: their states are small beside the base. */
const tokensAtOnce = 8192;

export function textsAtOnce(tokens: number): number {
  return Math.max(1, Math.floor(tokensAtOnce / Math.max(1, tokens)));
}
