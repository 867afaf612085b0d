/**
 * Returns the result of `answer`, or throws `late` after a time limit. The work continues, but its result is ignored.
 */
export async function inTime<Value>(milliseconds: number, answer: Promise<Value>, late: () => Error): Promise<Value> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(late()), milliseconds);
  try {
    return await Promise.race([answer, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
