import { createHash, randomBytes } from 'node:crypto';
import { realpathSync, rmSync, statSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, readOwnText } from '../../files/below.ts';
import { readUserRecord, removeUserRecord, writeJson, writeUserRecord } from '../../files/user-records.ts';

/** In the home: its random id. */
export const identityFile = 'home.json';
const identitySchema = z.object({ id: z.string() });

/** In homes of earlier versions: a hash of the machine, the user and the folder that opened it last. */
export const formerPlaceFile = 'backend.place';

/** The person's own record of a home. */
const recordSchema = z.object({
  path: z.string(),
  /** Queued jobs that the person left held. */
  heldJobs: z.array(z.string()).default([]),
});

/**
 * Decides by the person's own records, which lie outside of the home, whether the home was used here before. The home is
 * known if they name its id at this path. Host name, user, device and inode do not count. A copy of a known home has its
 * id, but another path; a home that somebody else used meanwhile has another id.
 */
export class HomeIdentity {
  private readonly home: string;
  private readonly isScratch: boolean;
  private id: string | null;
  private known: boolean;
  private held: readonly string[];
  /** The path at which the records name a home of this id, where that is another path; null if they name none. */
  readonly lastPath: string | null;

  /** @param home that is locked by the caller. `isScratch`: nothing is recorded of it, and it starts what it holds. */
  constructor(home: string, { isNew, isScratch }: { readonly isNew: boolean; readonly isScratch: boolean }) {
    this.home = realpathSync(home);
    this.isScratch = isScratch;
    this.id = readJson(join(this.home, identityFile), identitySchema)?.id ?? null;
    const record = this.id === null ? null : readUserRecord('homes', this.id, recordSchema);
    this.lastPath = record === null || record.path === this.home ? null : record.path;
    this.known = record?.path === this.home;
    this.held = this.known ? (record?.heldJobs ?? []) : [];
    const isFormer = this.id === null && isFormerPlace(this.home);
    if (!this.known && (isNew || isScratch || isFormer)) this.adopt([]);
  }

  get isKnown(): boolean {
    return this.known;
  }

  /** Ids of queued jobs that the person left held. */
  get heldJobs(): readonly string[] {
    return this.held;
  }

  /**
   * Makes the home known here, with these jobs held. A home that was not known gets a new id, so that the original of a
   * copy stays what it is, and whoever used the home before is asked in turn.
   * @returns whether the person's records could be written; if not, the home is known only while it is open
   */
  adopt(heldJobs: readonly string[]): boolean {
    if (!this.known || this.id === null) this.id = newId();
    const wasKnown = this.known;
    this.known = true;
    this.held = [...heldJobs];
    if (this.isScratch) return true;
    // The record comes first: killed in between, the home is as unknown as before.
    const isRecorded = writeUserRecord('homes', this.id, { path: this.home, heldJobs });
    if (!wasKnown) writeJson(join(this.home, identityFile), identitySchema.parse({ id: this.id }));
    rmSync(join(this.home, formerPlaceFile), { force: true });
    return isRecorded;
  }

  /**
   * Makes a copy known that will lie at `target`, as this home is.
   * @returns how to take that back, and how to end it once the copy is the home
   */
  handOver(copy: string, target: string): { cancel(): void; finish(): void } {
    const id = newId();
    writeUserRecord('homes', id, { path: target, heldJobs: this.held });
    writeJson(join(copy, identityFile), identitySchema.parse({ id }));
    const former = this.id;
    return {
      cancel: () => removeUserRecord('homes', id),
      finish: () => {
        if (former !== null) removeUserRecord('homes', former);
      },
    };
  }
}

function newId(): string {
  return randomBytes(16).toString('hex');
}

/** Returns true if a home of an earlier version was last opened here. */
function isFormerPlace(home: string): boolean {
  const written = readOwnText(join(home, formerPlaceFile), 4096);
  if (written === null) return false;
  const { dev, ino } = statSync(home);
  const place = createHash('sha256').update(JSON.stringify([hostname(), userInfo().username, dev, ino]));
  return written === place.digest('hex');
}
