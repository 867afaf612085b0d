import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Folders of the program's own sources, and those that are tests, generated files or other languages. */
const sourceFolders = ['src-shared', 'src-main', 'src-renderer', 'bench'];

/** Uses of the ids of one list outside the files that may name them. */
interface StrayIds {
  readonly ids: readonly string[];
  /** Files or folders, from the root of the project, that declare or list the ids. */
  readonly declaredIn: readonly string[];
  /** Further folders and files to search; default: all sources. */
  readonly searched?: readonly string[];
}

/**
 * String literals of the sources that are one of `ids`, as "file: id", each once, in order. Module names, keys without quotes,
 * property types (`Pick<T, 'id'>`, `T['id']`) and text of JSX are no ids.
 */
export function strayIds({ ids, declaredIn, searched = sourceFolders }: StrayIds): string[] {
  const wanted = new Set(ids);
  const isDeclaration = (file: string) => declaredIn.some((place) => file === place || file.startsWith(`${place}/`));
  const found = sourceFiles()
    .filter((file) => searched.some((place) => file === place || file.startsWith(`${place}/`)) && !isDeclaration(file))
    .flatMap((file) => literalsOf(file).flatMap((text) => (wanted.has(text) ? [`${file}: ${text}`] : [])));
  return [...new Set(found)].sort();
}

let files: readonly string[] | null = null;

/** TypeScript sources, from the root of the project. */
function sourceFiles(): readonly string[] {
  files ??= sourceFolders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file) && !file.endsWith('.d.ts'))
      .map((file) => join(folder, file)),
  );
  return files;
}

const literals = new Map<string, readonly string[]>();

/** String literals of a file, each once. */
export function literalsOf(file: string): readonly string[] {
  const known = literals.get(file);
  if (known !== undefined) return known;
  const { program, errors } = parseSync(file, readFileSync(join(root, file), 'utf8'));
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  const found = new Set<string>();
  collect(program, found);
  literals.set(file, [...found]);
  return [...found];
}

/** A node of the syntax tree, whose fields are read by name. */
type Node = Readonly<Record<string, unknown>>;

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, found);
  if (!isNode(value)) return;
  switch (value['type']) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
    case 'JSXText':
    case 'TSIndexedAccessType':
      return;
    case 'ExportNamedDeclaration':
      collect(value['declaration'], found);
      return;
    case 'TSTypeReference':
      if (selectsProperties(value['typeName'])) return;
      break;
    case 'Literal':
      if (typeof value['value'] === 'string') found.add(value['value']);
      return;
    case 'TemplateElement':
      found.add(text(value['value']));
      return;
  }
  for (const child of Object.values(value)) if (typeof child === 'object') collect(child, found);
}

/** Types whose arguments are names of properties. */
function selectsProperties(name: unknown): boolean {
  return isNode(name) && (name['name'] === 'Pick' || name['name'] === 'Omit');
}

function text(value: unknown): string {
  const cooked = isNode(value) ? value['cooked'] : undefined;
  return typeof cooked === 'string' ? cooked : '';
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
