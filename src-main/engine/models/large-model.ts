/** Whether a model is large enough that a second and third copy of its weights, packed for their products, cost too much. */
export function isLargeModel(parameterCount: number): boolean {
  return parameterCount >= 2 ** 28;
}
