// usage: node scripts/make-glossary.mjs [--check]
// Writes docs/guide/glossary.md, the guide's page of the terms that the window explains. --check writes nothing and fails where
// the page is not current.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { glossaryPage } from '../src-shared/glossary.ts';
import { root } from './bootstrap/paths.mjs';

const check = parseArgs({ options: { check: { type: 'boolean' } } }).values.check === true;
const file = join(root, 'docs', 'guide', 'glossary.md');
const text = glossaryPage();
if (check && (!existsSync(file) || readFileSync(file, 'utf8') !== text)) {
  console.error('docs/guide/glossary.md is not current; run node scripts/make-glossary.mjs');
  process.exitCode = 1;
}
if (!check) writeFileSync(file, text);
