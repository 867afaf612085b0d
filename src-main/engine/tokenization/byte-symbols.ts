/** The characters that byte-level vocabularies write bytes as (GPT-2): those that cannot be seen, from U+0100 on. */
export const byteSymbols: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const isSeen = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    return String.fromCharCode(isSeen ? byte : next++);
  });
})();
