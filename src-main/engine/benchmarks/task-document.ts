/** Row of a task's data. */
export type TaskDocument = Readonly<Record<string, unknown>>;
