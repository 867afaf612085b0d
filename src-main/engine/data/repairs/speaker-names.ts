import { chatRoles, sharegptRoles } from '../text/chat-roles.ts';
import { cellOf, isObject } from '../text/raw-row.ts';
import { turnsOf } from '../text/turns.ts';
import { type Repair, withCell } from './repair.ts';

/** Roles of messages but for case and white space ("User "), and ShareGPT's speakers among messages. */
export const speakerNames: Repair = (cells, { columns, shape }) => {
  const key = shape === 'sharegpt' ? 'from' : 'role';
  let next = cells;
  const changes = new Set<string>();
  for (const column of [columns.messages, columns.completion, columns.rejected]) {
    const turns = column === null ? null : turnsOf(cellOf(cells, column));
    if (column === null || !Array.isArray(turns)) continue;
    const mended = turns.map((turn: unknown) => {
      if (!isObject(turn)) return turn;
      const role = turn[key];
      if (typeof role !== 'string' || (shape === 'sharegpt' && sharegptRoles.has(role))) return turn;
      const known = knownRole(role);
      if (known === null || known === role) return turn;
      changes.add(`${column}: the role "${role}" is read as ${known}`);
      return { ...turn, [key]: known };
    });
    next = withCell(next, column, mended);
  }
  return changes.size === 0 ? null : { cells: next, changes: [...changes] };
};

function knownRole(role: string): string | null {
  const name = role.trim().toLowerCase();
  if (chatRoles.includes(name)) return name;
  return sharegptRoles.get(name) ?? null;
}
