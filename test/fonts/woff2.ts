import { brotliDecompressSync } from 'node:zlib';

/** The tables' tags that WOFF2 writes as numbers, in its order. */
const knownTags =
  'cmap head hhea hmtx maxp name OS/2 post cvt  fpgm glyf loca prep CFF  VORG EBDT EBLC gasp hdmx kern LTSH PCLT VDMX vhea vmtx BASE GDEF GPOS GSUB EBSC JSTF MATH CBDT CBLC COLR CPAL SVG  sbix acnt avar bdat bloc bsln cvar fdsc feat fmtx fvar gvar hsty just lcar mort morx opbd prop trak Zapf Silf Glat Gloc Feat Sill'.match(
    /.{4}(?: |$)/g,
  ) ?? [];

/** The tables of a WOFF2 file of one font by tag: as they are in OpenType but for glyf, loca and hmtx. */
export function woff2Tables(file: Buffer): Map<string, Buffer> {
  if (file.toString('latin1', 0, 4) !== 'wOF2') throw new Error('not a WOFF2 file');
  let at = 48;
  const number = (): number => {
    for (let value = 0; ; ) {
      const byte = file.readUInt8(at++);
      value = value * 128 + (byte & 127);
      if (byte < 128) return value;
    }
  };
  const entries = Array.from({ length: file.readUInt16BE(12) }, () => {
    const flags = file.readUInt8(at++);
    const known = knownTags[flags & 63]?.slice(0, 4);
    const tag = known ?? file.toString('latin1', at, at + 4);
    if (known === undefined) at += 4;
    const length = number();
    const isOutline = tag === 'glyf' || tag === 'loca';
    const transformed = isOutline ? flags >> 6 !== 3 : flags >> 6 !== 0;
    return { tag, length: transformed ? number() : length };
  });
  const data = brotliDecompressSync(file.subarray(at, at + file.readUInt32BE(20)));
  const tables = new Map<string, Buffer>();
  let offset = 0;
  for (const { tag, length } of entries) {
    tables.set(tag, data.subarray(offset, offset + length));
    offset += length;
  }
  return tables;
}

/** Returns a test for a font's glyph of a code point, by its `cmap` table (format 12, or 4 without it). */
export function characterMap(cmap: Buffer): (codePoint: number) => boolean {
  const offsets = Array.from({ length: cmap.readUInt16BE(2) }, (_, index) => cmap.readUInt32BE(8 + 8 * index));
  const ranges: [number, number][] = [];
  for (const offset of offsets) {
    const format = cmap.readUInt16BE(offset);
    if (format === 12)
      for (let group = 0; group < cmap.readUInt32BE(offset + 12); group++)
        ranges.push([cmap.readUInt32BE(offset + 16 + 12 * group), cmap.readUInt32BE(offset + 20 + 12 * group)]);
    if (format === 4) {
      const segments = cmap.readUInt16BE(offset + 6) / 2;
      for (let segment = 0; segment < segments - 1; segment++)
        ranges.push([
          cmap.readUInt16BE(offset + 16 + 2 * (segments + segment)),
          cmap.readUInt16BE(offset + 14 + 2 * segment),
        ]);
    }
  }
  return (codePoint) => ranges.some(([first, last]) => codePoint >= first && codePoint <= last);
}

/** The tags of the features of a `GSUB` or `GPOS` table. */
export function featureTags(table: Buffer): string[] {
  if (table.length === 0) return [];
  const list = table.readUInt16BE(6);
  const count = table.readUInt16BE(list);
  return [
    ...new Set(
      Array.from({ length: count }, (_, index) => table.toString('latin1', list + 2 + 6 * index, list + 6 + 6 * index)),
    ),
  ];
}
