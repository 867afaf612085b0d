/** Key of a score in the plan. */
export function multitaskKey(group: number, set: number, row: string | number, task: number): string {
  return [group, set, row, task].join('/');
}

/** Key of the row of one adapter on all tasks; its own task is the row of the adapters alone. */
export function singleKey(group: number, set: number, adapter: number, task: number): string {
  return multitaskKey(group, set, `single-${adapter}`, task);
}
