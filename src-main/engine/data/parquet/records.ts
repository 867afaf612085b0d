import { faultyRow, largestRowBytes, type RawRow, rowTooLong } from '../text/raw-row.ts';
import { UnreadableCell } from './cells.ts';
import { HeldBytes, LeafCursor } from './leaf-cursor.ts';
import type { ColumnChunk } from './metadata.ts';
import type { ParquetFile } from './parquet-file.ts';
import { ParquetError } from './parse-error.ts';
import { type Group, type Leaf, repetitions, type SchemaNode } from './schema.ts';

/** Size that a missing value, an object or a list adds to a row. */
const entryBytes = 8;

/** Assembles the rows of a row group from its columns (S. Melnik et al., "Dremel", VLDB 2010, section 4). */
export class RecordReader {
  private readonly columns: readonly SchemaNode[];
  private readonly cursors: readonly LeafCursor[];
  private rowBytes = 0;
  private fault: string | null = null;
  /** The current column, for error messages. */
  place = '';

  constructor(file: ParquetFile, chunks: readonly ColumnChunk[]) {
    const held = new HeldBytes();
    this.columns = file.columns;
    this.cursors = file.leaves.flatMap((leaf, index) => {
      const chunk = chunks[index];
      return chunk === undefined ? [] : [new LeafCursor(file, leaf, chunk, held)];
    });
  }

  /** The next row, whose number is `row`, with its size as it is stored. */
  read(row: number): { row: RawRow; byteLength: number } {
    this.rowBytes = 0;
    this.fault = null;
    const cells: [string, unknown][] = [];
    for (const column of this.columns) {
      this.place = column.name;
      cells.push([column.name, this.value(column)]);
      if (column.kind === 'group' || column.repeats > 0)
        for (const leaf of leavesOf(column))
          if (this.cursor(leaf).repetition() !== 0)
            throw new ParquetError('has parts that differ in how many values a row has');
    }
    if (this.isTooLong) this.fault = rowTooLong;
    const read =
      this.fault === null ? { row, cells: Object.fromEntries(cells), fault: null } : faultyRow(row, this.fault);
    return { row: read, byteLength: this.rowBytes };
  }

  /** @throws ParquetError if a column has more values than the rows read */
  end(): void {
    for (const cursor of this.cursors) {
      this.place = cursor.leaf.path;
      if (!cursor.ended) throw new ParquetError('has more values than rows');
    }
  }

  private get isTooLong(): boolean {
    return this.rowBytes > largestRowBytes;
  }

  private cursor(leaf: Leaf): LeafCursor {
    const cursor = this.cursors[leaf.index];
    if (cursor === undefined) throw new ParquetError('lacks a column');
    return cursor;
  }

  /** The value of `node` in a row, with all its repetitions. */
  private value(node: SchemaNode): unknown {
    if (node.repetition !== repetitions.repeated) return this.single(node);
    const first = this.firstCursor(node);
    const list: unknown[] = [];
    if (first.definition() < node.definition) {
      this.skip(node);
      return list;
    }
    do {
      const value = this.single(node);
      if (!this.isTooLong) list.push(value);
    } while (first.repetition() === node.repeats);
    return list;
  }

  /** A single value of `node`. */
  private single(node: SchemaNode): unknown {
    if (node.kind === 'leaf') {
      const cursor = this.cursor(node);
      this.rowBytes += entryBytes + cursor.size();
      const cell = cursor.next(!this.isTooLong);
      if (!(cell instanceof UnreadableCell)) return cell;
      this.fault ??= cell.fault;
      return null;
    }
    this.rowBytes += entryBytes;
    if (this.firstCursor(node).definition() < node.definition) {
      this.skip(node);
      return null;
    }
    const [child] = node.children;
    const kind = node.meaning?.kind;
    if (child !== undefined && node.children.length === 1 && child.repetition === repetitions.repeated) {
      if (kind === 'list') return this.listOf(node, child);
      if (kind === 'map') return this.mapOf(child);
    }
    return Object.fromEntries(node.children.map((inner) => [inner.name, this.value(inner)]));
  }

  /** A list has a repeated group of one element, which is not a level of its own; older writers omitted it. */
  private listOf(list: Group, repeated: SchemaNode): unknown {
    const values = this.value(repeated);
    const isElement =
      repeated.kind === 'leaf' ||
      repeated.children.length !== 1 ||
      repeated.name === 'array' ||
      repeated.name === `${list.name}_tuple`;
    if (isElement || !Array.isArray(values)) return values;
    const [element] = repeated.children;
    return element === undefined ? values : values.map((value: unknown) => property(value, element.name));
  }

  /** A map is a list of keys with values. */
  private mapOf(repeated: SchemaNode): unknown {
    const pairs = this.value(repeated);
    if (repeated.kind === 'leaf' || !Array.isArray(pairs)) return pairs;
    const [key, value] = repeated.children;
    if (key === undefined || value === undefined) return pairs;
    return Object.fromEntries(
      pairs.map((pair: unknown) => [String(property(pair, key.name)), property(pair, value.name)]),
    );
  }

  private skip(node: SchemaNode): void {
    for (const leaf of leavesOf(node)) this.cursor(leaf).next(false);
  }

  private firstCursor(node: SchemaNode): LeafCursor {
    const [first] = leavesOf(node);
    if (first === undefined) throw new ParquetError('has a schema that makes no columns');
    return this.cursor(first);
  }
}

function leavesOf(node: SchemaNode): readonly Leaf[] {
  return node.kind === 'leaf' ? [node] : node.leaves;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : null;
}
