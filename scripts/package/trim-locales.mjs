/** A package of ICU data (its header has these marks) lists its items by name: what the words of a language need is one each. */
const marks = Buffer.from([0xda, 0x27]);
const format = 'CmnD';
/** Data of a language other than English: names, numbers, dates, units, currencies, time zones, sorting. */
const locale = /(?:^|\/)([a-z]{2,3}(?:_\w+)?)\.res$/;
const kept = /^en(?:_|$)|^res_index$/;
/** Tables of old encodings, dictionaries that part words of scripts without spaces, transliterations, names of characters. */
const tables = /\.(?:cnv|dict)$|(?:^|\/)translit\/|(?:^|\/)unames\.icu$/;

/**
 * Fills what no part of the studio asks ICU for with zeros: then it takes no room in an archive. The studio writes English and
 * reads UTF-8 and UTF-16; for another language ICU falls back to its root. Properties of characters, normalization and the
 * rules that part graphemes are kept.
 * @param {Buffer} bytes a program or a file with ICU's data, changed in place
 * @param {{ keepsTables: boolean }} options
 * @returns {number} bytes that are zeros now
 */
export function trimLocales(bytes, { keepsTables }) {
  let cleared = 0;
  for (const { name, start, end } of itemsOf(bytes)) {
    const language = locale.exec(name)?.[1];
    const isForeign = language !== undefined && !kept.test(language);
    if (!isForeign && (keepsTables || !tables.test(name))) continue;
    bytes.fill(0, start, end);
    cleared += end - start;
  }
  return cleared;
}

/**
 * @param {Buffer} bytes
 * @returns {{ name: string, start: number, end: number }[]} without the last item, whose end is not stated
 */
export function itemsOf(bytes) {
  for (let at = bytes.indexOf(format); at >= 0; at = bytes.indexOf(format, at + 1)) {
    const header = at - 12;
    if (header < 0 || bytes.compare(marks, 0, 2, header + 2, header + 4) !== 0) continue;
    const table = header + bytes.readUInt16LE(header);
    const count = bytes.readUInt32LE(table);
    const items = Array.from({ length: count }, (_, index) => {
      const name = table + bytes.readUInt32LE(table + 4 + 8 * index);
      return {
        // Each begins with the package's own name: icudt78l/
        name: bytes.toString('latin1', name, bytes.indexOf(0, name)).replace(/^[^/]*\//, ''),
        start: table + bytes.readUInt32LE(table + 8 + 8 * index),
      };
    }).sort((one, other) => one.start - other.start);
    return items.flatMap(({ name, start }, index) => {
      const next = items[index + 1];
      return next === undefined ? [] : [{ name, start, end: next.start }];
    });
  }
  return [];
}
