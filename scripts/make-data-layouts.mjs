// usage: node scripts/make-data-layouts.mjs [--check]
// Writes the known columns and layouts into docs/guide/data.md, from the tables that the readers use. --check writes nothing and
// fails where the page is not current.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { layouts } from '../src-main/engine/data/layouts/index.ts';
import { knownNames } from '../src-main/engine/data/text/known-columns.ts';
import { root } from './bootstrap/paths.mjs';

const check = parseArgs({ options: { check: { type: 'boolean' } } }).values.check === true;
const file = join(root, 'docs', 'guide', 'data.md');
const [begin, end] = [
  '<!-- known columns: made from their tables by scripts/make-data-layouts.mjs -->',
  '<!-- end of the known columns -->',
];
const before = readFileSync(file, 'utf8');
const [head, rest] = before.split(begin);
const tail = rest?.split(end)[1];
if (tail === undefined) throw new Error(`docs/guide/data.md lacks ${begin} or ${end}`);
const text = `${head}${begin}\n\n${section()}\n${end}${tail}`;
if (check && text !== before) {
  console.error('docs/guide/data.md is not current; run node scripts/make-data-layouts.mjs');
  process.exitCode = 1;
}
if (!check) writeFileSync(file, text);

function section() {
  const names = Object.entries(knownNames).map(([role, list]) => [code([role]), code(list, ', ')]);
  const known = layouts.map(({ label, sources, becomes, columns, made = {}, optional = {} }) => [
    label,
    [...rolesOf(columns), ...Object.entries(made).map(([role, { from }]) => `${columnsOf(from)} → ${role}`)].join('; '),
    rolesOf(optional).join('; '),
    sources,
    becomes,
  ]);
  return [
    table(['Role', 'Names, the first that a file has'], names),
    table(['Layout', 'Columns', 'May be missing', 'Written by', 'A row becomes'], known),
  ].join('\n');
}

/** @typedef {import('../src-main/engine/data/layouts/layout.ts').ColumnFinder} ColumnFinder */

/** @param {Readonly<Record<string, readonly string[] | ColumnFinder | undefined>>} columns */
function rolesOf(columns) {
  return Object.entries(columns).map(([role, names]) => `${named(names ?? [])} → ${role}`);
}

/** @param {readonly (string | readonly string[] | ColumnFinder)[]} from */
function columnsOf(from) {
  return from.map(named).join(' + ');
}

/** @param {string | readonly string[] | ColumnFinder} names */
function named(names) {
  return typeof names === 'object' && 'described' in names ? names.described : code([names].flat(), ' or ');
}

/** @param {readonly string[]} names */
function code(names, between = '') {
  return names.map((name) => `\`${name}\``).join(between);
}

/**
 * @param {readonly string[]} header
 * @param {readonly (readonly string[])[]} rows
 */
function table(header, rows) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |\n`;
  return [header, header.map(() => '---'), ...rows].map(line).join('');
}
