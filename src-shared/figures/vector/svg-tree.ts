/** An element of an SVG, with its attributes and its style by name. */
export interface SvgElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly style: ReadonlyMap<string, string>;
  readonly children: readonly (SvgElement | string)[];
}

const token = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<\/([\w:-]+)\s*>|<([\w:-]+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>|([^<]+)/g;
const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Parses an SVG as browsers serialize it: well-formed, attributes in double quotes. @throws Error for anything else */
export function parseSvg(source: string): SvgElement {
  const root: { children: (SvgElement | string)[] } = { children: [] };
  const open = [{ name: '', children: root.children }];
  let end = 0;
  for (const match of source.matchAll(token)) {
    if (match.index !== end) break;
    end += match[0].length;
    const [, closed, opened, attributes = '', isEmpty, text] = match;
    const top = open.at(-1);
    if (top === undefined) break;
    if (text !== undefined) top.children.push(decoded(text));
    else if (closed !== undefined) {
      if (top.name !== closed) throw new Error(`the SVG closes <${closed}> inside <${top.name}>`);
      open.pop();
    } else if (opened !== undefined) {
      const children: (SvgElement | string)[] = [];
      top.children.push({ name: opened, ...described(attributes), children });
      if (isEmpty === '') open.push({ name: opened, children });
    }
  }
  const svg = root.children.find(isElement);
  if (end !== source.length || open.length !== 1 || svg === undefined) throw new Error('the SVG is not well-formed');
  return svg;
}

export function isElement(node: SvgElement | string): node is SvgElement {
  return typeof node !== 'string';
}

/** All text of an element and of those inside. */
export function textOf({ children }: SvgElement): string {
  return children.map((child) => (isElement(child) ? textOf(child) : child)).join('');
}

function described(text: string): Pick<SvgElement, 'attributes' | 'style'> {
  const attributes = new Map(
    [...text.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, decoded(value)] as const),
  );
  const style = new Map(
    (attributes.get('style') ?? '').split(';').flatMap((entry) => {
      const colon = entry.indexOf(':');
      return colon < 0 ? [] : [[entry.slice(0, colon).trim(), entry.slice(colon + 1).trim()] as const];
    }),
  );
  return { attributes, style };
}

function decoded(text: string): string {
  return text.replaceAll(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    return entities[name] ?? whole;
  });
}
