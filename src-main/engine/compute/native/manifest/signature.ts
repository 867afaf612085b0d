/** A parameter or a field as the generators see it. */
export interface Parameter {
  /** In snake case. */
  readonly name: string;
  /** In C++, as the manifest has it. */
  readonly type: string;
  /** A pointer that may be null. */
  readonly isOptional: boolean;
  /** Default of the field, as written in C++; null: required. */
  readonly default: string | null;
}

/** `const float* bias?, float scale = 1` → its parameters. */
export function parseParameters(text: string): Parameter[] {
  if (text.trim() === '') return [];
  return text.split(',').map((part) => parseParameter(part.trim()));
}

export function parseParameter(text: string): Parameter {
  const parts = /^(?<type>.+?) (?<name>\w+)(?<optional>\?)?(?: = (?<value>\S+))?$/u.exec(text)?.groups;
  if (parts?.['type'] === undefined || parts['name'] === undefined)
    throw new Error(`the kernel manifest has no type and name in "${text}"`);
  const isOptional = parts['optional'] !== undefined;
  return {
    name: parts['name'],
    type: parts['type'],
    isOptional,
    default: parts['value'] ?? (isOptional ? 'nullptr' : null),
  };
}

export function camelCase(name: string): string {
  return name.replace(/_(\w)/gu, (_, letter: string) => letter.toUpperCase());
}

/** Words in lines of at most `width` characters. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/u)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** A documentation comment for C++ as for TypeScript. */
export function comment(doc: string, indent: string): string {
  const width = 120 - indent.length;
  if (doc.length + 7 <= width && !doc.includes('\n')) return `${indent}/** ${doc} */\n`;
  const lines = wrapped(doc, width - 3).map((line) => `${indent} * ${line}\n`);
  return `${indent}/**\n${lines.join('')}${indent} */\n`;
}
