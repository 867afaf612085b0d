import { StudioError } from '../../../src-shared/contract/errors.ts';
import { maxOptionalParts, optionalParts } from '../../files/optional-parts.ts';

/**
 * A regular expression of Python's as JavaScript's, for all matches: named groups, flags at the start, \A and \Z.
 * @throws StudioError invalid_file for one that has something else of Python's own
 */
export function pythonPattern(pattern: string, where: string): RegExp {
  const [, given = '', rest = pattern] = /^\(\?([aimsux]+)\)(.*)$/s.exec(pattern) ?? [];
  const flags = ['g', ...['i', 'm', 's'].filter((flag) => given.includes(flag))].join('');
  const source = rest
    .replaceAll(/\(\?P<(\w+)>/g, '(?<$1>')
    .replaceAll(/\(\?P=(\w+)\)/g, '\\k<$1>')
    .replaceAll('\\Z', '(?![\\s\\S])')
    .replaceAll('\\A', '(?<![\\s\\S])');
  try {
    if (given.includes('x')) throw new Error('the flag x is not supported');
    const optional = optionalParts(source);
    if (optional > maxOptionalParts)
      throw new Error(`it has ${optional} optional parts, more than ${maxOptionalParts}`);
    return new RegExp(source, flags);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    throw new StudioError('invalid_file', `${where}: the pattern ${pattern} cannot be used: ${reason}.`);
  }
}
