import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'vite';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A quoted text in a source file. */
export interface Literal {
  readonly value: string;
  readonly line: number;
  /** Name of the property that the literal is the value of, as in `id: 'lora'`; null elsewhere. */
  readonly property: string | null;
}

/** Source files of the app, relative to the root. */
export function appSources(): string[] {
  return ['src-shared', 'src-main', 'src-renderer', 'bench'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => join(folder, file))
      .filter((file) => /\.tsx?$/.test(file) && !/(-binary|\.generated|\.d)\.ts$/.test(file))
      // Translations repeat the English words that are searched for, which are listed.
      .filter((file) => !/^(src-renderer\/strings\/[^/]+|src-shared\/native-words)\//.test(file))
      .sort(),
  );
}

/**
 * Quoted texts of a source file: strings and templates without a placeholder, but no import paths, no text of JSX and no names of
 * properties in types (`Pick<T, 'loss'>`, `T['loss']`).
 */
export function literalsOf(file: string, source = readFileSync(join(root, file), 'utf8')): Literal[] {
  const found: Literal[] = [];
  const lines = lineStarts(source);
  const add = (value: string, start: number, property: string | null) =>
    found.push({ value, line: lines.findLastIndex((begin) => begin <= start) + 1, property });
  walk(parseSync(file, source).program, null, add);
  return found;
}

type Add = (value: string, start: number, property: string | null) => void;

function walk(node: unknown, property: string | null, add: Add): void {
  if (Array.isArray(node)) {
    for (const one of node) walk(one, null, add);
    return;
  }
  if (!isNode(node)) return;
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSIndexedAccessType':
      return;
    case 'TSTypeReference':
      if (selectsProperties(node['typeName'])) return;
      break;
    case 'Literal':
      if (typeof node['value'] === 'string') add(node['value'], node.start, property);
      return;
    case 'TemplateLiteral':
      if (Array.isArray(node['quasis']) && node['quasis'].length === 1) {
        const [quasi] = node['quasis'];
        if (isNode(quasi) && isCooked(quasi['value'])) add(quasi['value'].cooked, node.start, property);
      }
      break;
    case 'ExportNamedDeclaration':
      walk(node['declaration'], null, add);
      walk(node['specifiers'], null, add);
      return;
    case 'Property':
    case 'PropertyDefinition':
    case 'TSPropertySignature': {
      const { key } = node;
      const name = isNode(key) && typeof key['name'] === 'string' ? key['name'] : null;
      // An id in quotes as a key counts, as `'riemannian-adamw': riemannianAdamw`.
      if (name === null || node['computed'] === true) walk(key, null, add);
      for (const part of ['value', 'typeAnnotation', 'initializer']) walk(node[part], name, add);
      return;
    }
    case 'JSXAttribute':
      walk(node['value'], null, add);
      return;
  }
  for (const [name, child] of Object.entries(node))
    if (typeof child === 'object' && name !== 'loc' && name !== 'range')
      walk(child, node.type === 'CallExpression' || /^TS(As|Satisfies|Literal)/.test(node.type) ? property : null, add);
}

/** Tells whether the arguments of a type are names of properties. */
function selectsProperties(type: unknown): boolean {
  return isNode(type) && (type['name'] === 'Pick' || type['name'] === 'Omit');
}

interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly [part: string]: unknown;
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function isCooked(value: unknown): value is { cooked: string } {
  return typeof value === 'object' && value !== null && 'cooked' in value && typeof value.cooked === 'string';
}

function lineStarts(source: string): number[] {
  const starts = [0];
  for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
