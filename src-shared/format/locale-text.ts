import { formatCount } from './numbers.ts';

type PluralForms = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };

/** Grammar that the words of one locale need. Nothing of `Intl` is loaded before it is first used. */
export interface LocaleText {
  /** The form for the count, with the count in place of "#": `plural(3, { one: '# Lauf', other: '# Läufe' })` → "3 Läufe". */
  plural(count: number, forms: PluralForms): string;
  /** "A, B und C" */
  list(items: readonly string[], type?: 'conjunction' | 'disjunction'): string;
}

export function localeText(locale: string): LocaleText {
  let rules: Intl.PluralRules | null = null;
  return {
    plural(count, forms) {
      rules ??= new Intl.PluralRules(locale);
      return (forms[rules.select(count)] ?? forms.other).replaceAll('#', () => formatCount(count));
    },
    list: (items, type = 'conjunction') => new Intl.ListFormat(locale, { type }).format(items),
  };
}
