import { maxColumns } from '../text/raw-row.ts';
import type { Meaning, SchemaElement } from './metadata.ts';
import { ParquetError, unsupported } from './parse-error.ts';

/** Repetition of a value in its parent, by the format's numbers. */
export const repetitions = { required: 0, optional: 1, repeated: 2 } as const;

interface Common {
  readonly name: string;
  readonly repetition: number;
  readonly meaning: Meaning | null;
  /** Maximum definition and repetition levels of this node. */
  readonly definition: number;
  readonly repeats: number;
}

/** A stored column. */
export interface Leaf extends Common {
  readonly kind: 'leaf';
  /** Names from the outermost column on, with dots. */
  readonly path: string;
  /** Its index among the chunks of a row group. */
  readonly index: number;
  readonly type: number;
  readonly typeLength: number;
  /** False inside an object or a list. */
  readonly isOutermost: boolean;
  /**
   * True if cells are bytes rather than text: those of a file beside the name `path`, like the images of Hugging Face's
   * datasets.
   */
  readonly isFile: boolean;
}

export interface Group extends Common {
  readonly kind: 'group';
  readonly children: readonly SchemaNode[];
  readonly leaves: readonly Leaf[];
}

export type SchemaNode = Leaf | Group;

const deepest = 32;

/** The columns of a file as trees. @throws ParquetError if the schema elements form none, or too many. */
export function schemaColumns(elements: readonly SchemaElement[]): { columns: SchemaNode[]; leaves: Leaf[] } {
  const leaves: Leaf[] = [];
  let next = 1;

  function node(parent: (Common & { readonly isFile: boolean }) | null, path: readonly string[]): SchemaNode {
    const element = elements[next++];
    if (element === undefined || path.length > deepest) throw new ParquetError('has a schema that makes no columns');
    const { name, repetition, meaning } = element;
    if (!Object.values<number>(repetitions).includes(repetition))
      throw new ParquetError('has a schema that makes no columns');
    const common: Common = {
      name,
      repetition,
      meaning,
      definition: (parent?.definition ?? 0) + (repetition === repetitions.required ? 0 : 1),
      repeats: (parent?.repeats ?? 0) + (repetition === repetitions.repeated ? 1 : 0),
    };
    const names = [...path, name];
    const first = leaves.length;
    if (element.childCount === 0) {
      const leaf = {
        ...common,
        kind: 'leaf' as const,
        path: names.join('.'),
        index: first,
        isOutermost: parent === null,
        isFile: parent?.isFile === true && name === 'bytes' && meaning === null,
      };
      if (element.type === null) throw unsupported(`has the column ${leaf.path} without any values`);
      leaves.push({ ...leaf, type: element.type, typeLength: element.typeLength });
      if (leaves.length > maxColumns)
        throw new ParquetError(`has more than ${maxColumns} columns`, 'Leave out the columns that are not used.');
      return leaves[first] ?? node(parent, path);
    }
    const isFile = element.childCount === 2 && ['bytes', 'path'].includes(elements[next]?.name ?? '');
    const children = Array.from({ length: Math.min(element.childCount, elements.length) }, () =>
      node({ ...common, isFile }, names),
    );
    return { ...common, kind: 'group', children, leaves: leaves.slice(first) };
  }

  const root = elements[0];
  if (root === undefined || root.childCount === 0) throw new ParquetError('has no columns');
  const columns = Array.from({ length: Math.min(root.childCount, elements.length) }, () => node(null, []));
  if (next !== elements.length) throw new ParquetError('has a schema that makes no columns');
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new ParquetError(`has two columns named "${twice.slice(0, 100)}"`, 'Rename one of them.');
  return { columns, leaves };
}
