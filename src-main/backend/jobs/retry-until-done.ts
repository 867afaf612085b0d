/** Between two attempts to store the end of a job on a full disk. */
const retryMilliseconds = 2000;

/** Calls `attempt` every two seconds until it does not throw, or until `isOver`. Keeps no process alive. */
export function retryUntilDone(attempt: () => void, isOver: () => boolean): void {
  const next = (): void => {
    if (isOver()) return;
    try {
      attempt();
    } catch {
      retryUntilDone(attempt, isOver);
    }
  };
  setTimeout(next, retryMilliseconds).unref();
}
