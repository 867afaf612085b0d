/** How many corrupt inputs each reader is given: 10,000 is what they are held to (`npm run test:long`), a few in `npm test`. */
export const fuzzCases = Number(process.env['COTO_FUZZ_CASES'] ?? 300);
