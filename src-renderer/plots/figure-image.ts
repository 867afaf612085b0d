import typefaceFile from '../../assets/fonts/inter-report.woff2?url';

/** How much finer than the window an image of pixels is. */
const scale = 2;

/**
 * An SVG of plotly's, as a data URL, with its typeface inside: an image has none of the window's, nor has the machine on
 * which a saved one is opened.
 */
export async function withTypeface(
  svg: string,
  format: 'svg' | 'png',
  { width, height }: { readonly width: number; readonly height: number },
): Promise<string> {
  const source = styled(decodeURIComponent(svg.slice(svg.indexOf(',') + 1)), await typeface());
  const url = `data:image/svg+xml,${encodeURIComponent(source)}`;
  if (format === 'svg') return url;
  const image = new Image();
  image.src = url;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * scale;
  canvas.height = height * scale;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/png');
}

/** Puts the typeface, as base64, into an SVG's source. */
export function styled(source: string, base64: string): string {
  const face = `@font-face{font-family:Inter;font-weight:400 700;src:url(data:font/woff2;base64,${base64}) format("woff2")}`;
  return source.replace(
    /<svg[^>]*>/,
    (opening) => `${opening}<style>${face} text{font-variant-numeric:tabular-nums}</style>`,
  );
}

async function typeface(): Promise<string> {
  const bytes = new Uint8Array(await (await fetch(typefaceFile)).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
