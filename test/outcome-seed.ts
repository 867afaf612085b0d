/**
 * The seed of a training whose outcome a test judges. COTO_SEED_SHIFT moves every such seed: the test has to hold for any
 * (docs/development/testing.md).
 */
export function outcomeSeed(seed: number): number {
  return seed + Number(process.env['COTO_SEED_SHIFT'] ?? 0);
}
