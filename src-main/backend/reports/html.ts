/** Safe HTML, created by `html`, which escapes its values. */
export interface SafeHtml {
  readonly html: string;
}

/** A part of the page under a heading of its own. */
export interface PagePart {
  readonly heading: string;
  readonly html: SafeHtml;
}

type Part = string | number | SafeHtml | readonly SafeHtml[];

/** Template tag: every value is escaped unless it is HTML made by this tag. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): SafeHtml {
  return { html: strings.reduce((text, piece, index) => text + render(parts[index - 1] ?? '') + piece) };
}

function render(part: Part): string {
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return 'html' in part ? part.html : part.map((one) => one.html).join('');
}

export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** JSON for a script element: no string in it can end the element or begin a comment. */
export function scriptJson(value: unknown): SafeHtml {
  return { html: JSON.stringify(value).replace(/[<\u2028\u2029]/g, escapeUnit) };
}

/** Script text for a script element, with end tags in its strings escaped. */
export function scriptText(code: string): SafeHtml {
  return { html: code.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '\\u003c!--') };
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
