/** Called after each evaluation, of `total`; may throw to end the work. */
export type MaskProgress = (done: number, total: number) => Promise<void>;

/** Scores of one adapter with only some of its modules on, on the same examples. A set is evaluated once. */
export interface MaskEvaluator {
  /**
   * Scores of the sets of modules that are on, in their order; higher is better. Sets that are asked for together share
   * the layers up to where they differ.
   */
  score(sets: readonly ReadonlySet<string>[], progress?: MaskProgress): Promise<number[]>;
}
