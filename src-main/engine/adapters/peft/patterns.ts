import { compilePythonRegex } from './python-regex.ts';

/**
 * The value that a pattern of PEFT's (rank_pattern, alpha_pattern) gives a module: keys are names, their ends or regular expressions
 * (`^(.*\.)?(key)$`), and the first that matches wins; without a match, `fallback`.
 *
 * @param field the pattern's key, for messages.
 * @param names the module's names, today's first; older ones are tried only for a key that does not match today's.
 */
export function patternValue(
  pattern: Readonly<Record<string, number>>,
  names: readonly string[],
  fallback: number,
  field: string,
): number {
  for (const [key, value] of Object.entries(pattern)) {
    // By itself first, so that a refusal shows the key as it was written.
    compilePythonRegex(key, 'start', field);
    const expression = compilePythonRegex(`(.*\\.)?(${key})$`, 'start', field);
    if (names.some((name) => expression.test(name))) return value;
  }
  return fallback;
}
