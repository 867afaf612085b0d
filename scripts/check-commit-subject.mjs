// Checks the subject of a commit message: `node scripts/check-commit-subject.mjs FILE`, called by .githooks/commit-msg.
import { readFileSync } from 'node:fs';

const verbs = ['Add', 'Fix', 'Remove', 'Rename', 'Move', 'Speed up', 'Document', 'Test'];
const maxLength = 72;
/** Subjects that git writes itself. */
const writtenByGit = /^(Merge |Revert "|(fixup|squash|amend)! )/;

const [file = ''] = process.argv.slice(2);
const subject =
  readFileSync(file, 'utf8')
    .split('\n')
    .find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '';
const length = [...subject].length;
const problem = verbs.every((verb) => !subject.startsWith(`${verb} `))
  ? `It starts with "${subject.split(' ')[0]}". Start with one of: ${verbs.join(', ')}.`
  : length > maxLength
    ? `It has ${length} characters. Shorten it to at most ${maxLength}.`
    : null;
if (subject !== '' && problem !== null && !writtenByGit.test(subject)) {
  process.stderr.write(`The commit subject is not valid: "${subject}".\n${problem}\n`);
  process.exit(1);
}
