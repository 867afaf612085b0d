import type { Draft } from './draft.ts';

/**
 * The field at which a refusal of the backend is shown: the setting that its sentence names first; else the model or the
 * dataset, where it speaks of those. Null: no field in particular.
 */
export function refusedField(message: string, draft: Draft): string | null {
  let first: { name: string; at: number } | null = null;
  for (const name of Object.keys(draft)) {
    const plain = name.slice(name.lastIndexOf('.') + 1);
    // A word such as "model" or "r" is found in sentences about anything.
    const spellings = plain.includes('_') ? [name, plain] : name.includes('.') ? [name] : [];
    for (const spelling of spellings) {
      const at = message.search(new RegExp(`(?<![\\w./-])${spelling.replaceAll('.', '\\.')}(?![\\w-]|\\.\\w)`));
      if (at >= 0 && (first === null || at < first.at)) first = { name, at };
    }
  }
  if (first !== null) return first.name;
  if (/tokenizer/i.test(message)) return 'model';
  if (/\b(dataset|examples?|split)\b/i.test(message)) return 'dataset';
  return /\bmodel\b/i.test(message) ? 'model' : null;
}
