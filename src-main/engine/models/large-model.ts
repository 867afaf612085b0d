/** Returns true if a model is so large that packed copies of its weights cost too much memory. */
export function isLargeModel(parameterCount: number): boolean {
  return parameterCount >= 2 ** 28;
}
