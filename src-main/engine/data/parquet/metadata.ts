import { ByteReader } from './byte-reader.ts';
import { ParquetError } from './parse-error.ts';
import { ThriftReader } from './thrift.ts';

/** Logical type of a column, beyond its physical type; times with their units per second. */
export type Meaning =
  | { readonly kind: 'text' | 'json' | 'list' | 'map' | 'date' | 'uuid' | 'float16' | 'unsigned' }
  | { readonly kind: 'decimal'; readonly scale: number }
  | { readonly kind: 'time'; readonly perSecond: number }
  | { readonly kind: 'timestamp'; readonly perSecond: number; readonly utc: boolean };

/** An element of the schema, a flat list with each group before its children. */
export interface SchemaElement {
  readonly name: string;
  /** By number: boolean, int32, int64, int96, float, double, byte array, fixed byte array; null for a group. */
  readonly type: number | null;
  readonly typeLength: number;
  /** Required, optional, repeated. */
  readonly repetition: number;
  readonly childCount: number;
  readonly meaning: Meaning | null;
}

/** Location of the values of one column in one row group. */
export interface ColumnChunk {
  readonly codec: number;
  readonly entryCount: number;
  readonly start: number;
  readonly byteLength: number;
}

export interface RowGroup {
  readonly rowCount: number;
  readonly chunks: readonly ColumnChunk[];
}

export interface ParquetMetadata {
  readonly schema: readonly SchemaElement[];
  readonly rowGroups: readonly RowGroup[];
  /** Column notes of Hugging Face's datasets, as JSON. */
  readonly huggingFace: string | null;
}

/** Reads the footer of a file, without its length and magic. */
export function readMetadata(footer: Buffer): ParquetMetadata {
  const thrift = new ThriftReader(new ByteReader(footer));
  const schema: SchemaElement[] = [];
  const rowGroups: RowGroup[] = [];
  let huggingFace: string | null = null;
  thrift.struct((field, type) => {
    if (field === 2) return thrift.listOf(type, (element) => schema.push(schemaElement(thrift, element)));
    if (field === 4) return thrift.listOf(type, (element) => rowGroups.push(rowGroup(thrift, element)));
    if (field === 5)
      return thrift.listOf(type, (element) => {
        const [key, value] = keyValue(thrift, element);
        if (key === 'huggingface') huggingFace = value;
      });
    return false;
  });
  return { schema, rowGroups, huggingFace };
}

function keyValue(thrift: ThriftReader, type: number): [key: string, value: string] {
  let [key, value] = ['', ''];
  thrift.structOf(type, (field, fieldType) => {
    if (field === 1) key = thrift.textOf(fieldType);
    else if (field === 2) value = thrift.textOf(fieldType);
    else return false;
    return true;
  });
  return [key, value];
}

function rowGroup(thrift: ThriftReader, type: number): RowGroup {
  const chunks: ColumnChunk[] = [];
  let rowCount = 0;
  thrift.structOf(type, (field, fieldType) => {
    if (field === 1) return thrift.listOf(fieldType, (element) => chunks.push(columnChunk(thrift, element)));
    if (field !== 3) return false;
    rowCount = thrift.countOf(fieldType);
    return true;
  });
  return { rowCount, chunks };
}

function columnChunk(thrift: ThriftReader, type: number): ColumnChunk {
  const found = { codec: 0, entryCount: 0, dataStart: 0, dictionaryStart: 0, byteLength: 0, described: false };
  thrift.structOf(type, (field, fieldType) => {
    if (field === 1)
      throw new ParquetError(
        'keeps its columns in other files',
        'Give the files with the rows, not the one about them.',
      );
    if (field === 8 || field === 9) throw new ParquetError('is encrypted', 'Give it decrypted.');
    if (field !== 3) return false;
    found.described = true;
    return thrift.structOf(fieldType, (inner, innerType) => {
      if (inner === 4) found.codec = thrift.integerOf(innerType);
      else if (inner === 5) found.entryCount = thrift.countOf(innerType);
      else if (inner === 7) found.byteLength = thrift.countOf(innerType);
      else if (inner === 9) found.dataStart = thrift.countOf(innerType);
      else if (inner === 11) found.dictionaryStart = thrift.countOf(innerType);
      else return false;
      return true;
    });
  });
  if (!found.described) throw new ParquetError('does not say where a column lies');
  const { codec, entryCount, byteLength, dataStart, dictionaryStart } = found;
  const hasDictionary = dictionaryStart > 0 && dictionaryStart < dataStart;
  return { codec, entryCount, byteLength, start: hasDictionary ? dictionaryStart : dataStart };
}

function schemaElement(thrift: ThriftReader, type: number): SchemaElement {
  const found = { name: '', typeLength: 0, repetition: 0, childCount: 0, converted: -1, scale: 0 };
  let physical: number | null = null;
  let logical: Meaning | null = null;
  thrift.structOf(type, (field, fieldType) => {
    if (field === 1) physical = thrift.integerOf(fieldType);
    else if (field === 2) found.typeLength = thrift.integerOf(fieldType);
    else if (field === 3) found.repetition = thrift.integerOf(fieldType);
    else if (field === 4) found.name = thrift.textOf(fieldType);
    else if (field === 5) found.childCount = thrift.countOf(fieldType);
    else if (field === 6) found.converted = thrift.integerOf(fieldType);
    else if (field === 7) found.scale = thrift.integerOf(fieldType);
    else if (field === 10) logical = logicalType(thrift, fieldType);
    else return false;
    return true;
  });
  const { name, typeLength, repetition, childCount, converted, scale } = found;
  return {
    name,
    type: physical,
    typeLength,
    repetition,
    childCount,
    meaning: logical ?? convertedType(converted, scale),
  };
}

/** The newer annotation: a union, of which one field is there. */
function logicalType(thrift: ThriftReader, type: number): Meaning | null {
  let meaning: Meaning | null = null;
  thrift.structOf(type, (field, fieldType) => {
    const plain = plainMeanings.get(field);
    if (plain !== undefined) meaning = { kind: plain };
    else if (field === 5) {
      let scale = 0;
      thrift.structOf(fieldType, (inner, innerType) => {
        if (inner !== 1) return false;
        scale = thrift.integerOf(innerType);
        return true;
      });
      meaning = { kind: 'decimal', scale };
      return true;
    } else if (field === 7 || field === 8) {
      const { utc, perSecond } = timeType(thrift, fieldType);
      meaning = field === 7 ? { kind: 'time', perSecond } : { kind: 'timestamp', perSecond, utc };
      return true;
    } else if (field === 10) {
      let signed = true;
      thrift.structOf(fieldType, (inner, innerType) => {
        if (inner !== 2) return false;
        signed = thrift.flagOf(innerType);
        return true;
      });
      meaning = signed ? null : { kind: 'unsigned' };
      return true;
    }
    return false;
  });
  return meaning;
}

const plainMeanings: ReadonlyMap<number, 'text' | 'map' | 'list' | 'date' | 'json' | 'uuid' | 'float16'> = new Map([
  [1, 'text'],
  [2, 'map'],
  [3, 'list'],
  [4, 'text'],
  [6, 'date'],
  [12, 'json'],
  [14, 'uuid'],
  [15, 'float16'],
]);

function timeType(thrift: ThriftReader, type: number): { utc: boolean; perSecond: number } {
  const found = { utc: false, perSecond: 1000 };
  thrift.structOf(type, (field, fieldType) => {
    if (field === 1) {
      found.utc = thrift.flagOf(fieldType);
      return true;
    }
    if (field !== 2) return false;
    return thrift.structOf(fieldType, (unit) => {
      found.perSecond = unit === 3 ? 1e9 : unit === 2 ? 1e6 : 1000;
      return false;
    });
  });
  return found;
}

/** The older annotation: a number. */
function convertedType(converted: number, scale: number): Meaning | null {
  if (converted === 0 || converted === 4) return { kind: 'text' };
  if (converted === 1 || converted === 2) return { kind: 'map' };
  if (converted === 3) return { kind: 'list' };
  if (converted === 5) return { kind: 'decimal', scale };
  if (converted === 6) return { kind: 'date' };
  if (converted === 7 || converted === 8) return { kind: 'time', perSecond: converted === 7 ? 1000 : 1e6 };
  if (converted === 9 || converted === 10)
    return { kind: 'timestamp', perSecond: converted === 9 ? 1000 : 1e6, utc: true };
  if (converted >= 11 && converted <= 14) return { kind: 'unsigned' };
  return converted === 19 ? { kind: 'json' } : null;
}
