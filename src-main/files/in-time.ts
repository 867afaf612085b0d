/** What `answer` gives, or where it takes longer than so many milliseconds the error of `late`. The answer goes on unheard. */
export async function inTime<Value>(milliseconds: number, answer: Promise<Value>, late: () => Error): Promise<Value> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => over.reject(late()), milliseconds);
  try {
    return await Promise.race([answer, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
