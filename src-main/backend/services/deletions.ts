import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DeletableList } from '../../../src-shared/contract/request-shapes.ts';
import type { Log } from '../../logging/log.ts';
import type { EventHub } from './event-hub.ts';

interface Pending {
  readonly list: DeletableList;
  readonly id: string;
  readonly timer: NodeJS.Timeout;
  readonly remove: () => Promise<void>;
  /** Resolves when it is deleted; null while it can be undone. */
  begun: Promise<void> | null;
}

/**
 * Deletions that can be undone for a while. Until then nothing is deleted: the record only is in no list any more. So a
 * crash in the meantime loses nothing, and closing the studio deletes what was to be deleted.
 */
export class Deletions {
  private readonly pending = new Map<string, Pending>();
  private readonly hub: Pick<EventHub, 'listChanged'>;
  private readonly log: Pick<Log, 'warn'>;

  constructor(hub: Pick<EventHub, 'listChanged'>, log: Pick<Log, 'warn'>) {
    this.hub = hub;
    this.log = log;
  }

  /**
   * Takes a record out of its list, and calls `remove` after `undoMilliseconds`; without them now, and waits for it. A
   * later refusal of `remove`, e.g. because a new job needs the record, puts it back into its list.
   */
  async remove(
    list: DeletableList,
    id: string,
    undoMilliseconds: number,
    remove: () => void | Promise<void>,
  ): Promise<void> {
    const key = keyOf(list, id);
    const before = this.pending.get(key);
    if (before !== undefined) return undoMilliseconds === 0 ? this.carryOut(key, before) : undefined;
    if (undoMilliseconds === 0) return remove();
    const timer = setTimeout(() => void this.carryOut(key, pending), undoMilliseconds);
    const pending: Pending = { list, id, timer, remove: async () => remove(), begun: null };
    this.pending.set(key, pending);
    this.hub.listChanged(list);
  }

  /** Puts records back into their list. @throws StudioError not_found if one of them is deleted already */
  undo(list: DeletableList, ids: readonly string[]): void {
    let late = 0;
    for (const id of ids) {
      const key = keyOf(list, id);
      const pending = this.pending.get(key);
      if (pending === undefined || pending.begun !== null) {
        late += 1;
        continue;
      }
      clearTimeout(pending.timer);
      this.pending.delete(key);
    }
    this.hub.listChanged(list);
    if (late > 0) throw new StudioError('not_found', `Too late to undo: ${late} of ${ids.length} are deleted already.`);
  }

  /** The records of a list without those that are about to be deleted. */
  visible<Item extends { readonly id: string }>(list: DeletableList, items: readonly Item[]): Item[] {
    return items.filter(({ id }) => !this.pending.has(keyOf(list, id)));
  }

  /** Deletes now what still could be undone, of these lists or of all, and waits until it is gone. */
  async finish(lists?: readonly DeletableList[]): Promise<void> {
    const wanted = [...this.pending].filter(([, { list }]) => lists?.includes(list) ?? true);
    await Promise.all(wanted.map(([key, pending]) => this.carryOut(key, pending)));
  }

  private carryOut(key: string, pending: Pending): Promise<void> {
    const { list, id, timer, remove } = pending;
    clearTimeout(timer);
    pending.begun ??= remove()
      .catch((error: unknown) => this.log.warn({ err: error, list, id }, 'a deletion was not carried out'))
      .finally(() => {
        this.pending.delete(key);
        this.hub.listChanged(list);
      });
    return pending.begun;
  }
}

function keyOf(list: DeletableList, id: string): string {
  return `${list}/${id}`;
}
