import digitsFile from '../../assets/fonts/inter-digits.woff2?url';
import textFile from '../../assets/fonts/inter-report.woff2?url';
import { type InlineTypeface, typefaceRules } from '../../src-shared/typeface.ts';

/** Scale of exported pixel images relative to the window. */
const scale = 2;
/** Time in which a typeface that is inside an image is read. */
const typefaceMilliseconds = 50;

/**
 * An SVG of plotly's, as a data URL, with its typeface inside: an image has none of the window's, nor has the machine on
 * which a saved one is opened.
 */
export async function withTypeface(
  svg: string,
  format: 'svg' | 'png',
  { width, height }: { readonly width: number; readonly height: number },
): Promise<string> {
  const source = styled(svgOf(svg), await inlineTypeface());
  const url = `data:image/svg+xml,${encodeURIComponent(source)}`;
  if (format === 'svg') return url;
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * scale;
  canvas.height = height * scale;
  const context = canvas.getContext('2d');
  context?.drawImage(image, 0, 0, canvas.width, canvas.height);
  // The first drawing starts the image's own typeface; until it is there, texts are left out.
  await new Promise((resolve) => setTimeout(resolve, typefaceMilliseconds));
  context?.clearRect(0, 0, canvas.width, canvas.height);
  context?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/png');
}

export async function inlineTypeface(): Promise<InlineTypeface> {
  const [text, digits] = await Promise.all([base64(textFile), base64(digitsFile)]);
  return { text, digits };
}

/** The source of an SVG that is a data URL. */
export function svgOf(url: string): string {
  return decodeURIComponent(url.slice(url.indexOf(',') + 1));
}

/** Puts the typeface into an SVG's source. */
export function styled(source: string, typeface: InlineTypeface): string {
  const style = `<style>${typefaceRules(typeface)} text{font-variant-numeric:tabular-nums}</style>`;
  return source.replace(/<svg[^>]*>/, (opening) => `${opening}${style}`);
}

async function base64(file: string): Promise<string> {
  const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
