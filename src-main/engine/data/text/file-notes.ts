/** Words about what was guessed of a file. */
export const chooseEncoding = 'choose its encoding, e.g. encoding=windows-1252, or save the file as UTF-8';

export function guessedEncoding(label: string): string {
  return `Read as ${label}, which its bytes look like. If letters are wrong, choose another encoding.`;
}

export const noHeader =
  'Its first row looks like data, so that the columns are called column 1, column 2 and so on. If it names them, say so.';
