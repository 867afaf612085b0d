import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Keeps damaged files under the time of the recovery: nothing is deleted. */
export class Aside {
  readonly folder: string;

  constructor(home: string) {
    this.folder = join(home, 'damaged', new Date().toISOString().replaceAll(/[:.]/g, '-'));
  }

  /** Moves a file or folder; one that is not there is passed over. */
  move(path: string, below = ''): void {
    if (!existsSync(path)) return;
    const target = join(this.folder, below);
    mkdirSync(target, { recursive: true, mode: 0o700 });
    renameSync(path, join(target, basename(path)));
  }

  /** The database with its log and the index of that. */
  moveDatabase(file: string): void {
    for (const suffix of ['', '-wal', '-shm']) this.move(`${file}${suffix}`);
  }
}

/** Folders that no row names are being added. */
export interface Adoption {
  /** Null: what cannot be read stays where it is. */
  readonly aside: Aside | null;
  /** Folders that could not be read, and why. */
  readonly skipped: string[];
}

/** A recovery that has begun. */
export interface Recovery extends Adoption {
  readonly aside: Aside;
  /** Milliseconds since 1970; null where the database was rebuilt. */
  readonly backupAt: number | null;
}
