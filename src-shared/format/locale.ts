/** Locale by which numbers and dates are written; English until another one is chosen. Reports and the command keep English. */
let current = 'en-US';

export function currentLocale(): string {
  return current;
}

export function setCurrentLocale(locale: string): void {
  current = locale;
}

/**
 * The sign between thousands. A thin space where a comma or a point would be read as a decimal mark; the decimal mark itself is a
 * point in every language, as in settings files, commands and figures.
 */
export function groupMark(): string {
  return /^(de|fr|es|pt)\b/.test(current) ? '\u202f' : ',';
}
