/** The id of the row that has the focus, or of the row that holds what has it; null outside of all rows. */
export function focusedRowId(): string | null {
  return document.activeElement?.closest('[data-row-id]')?.getAttribute('data-row-id') ?? null;
}
