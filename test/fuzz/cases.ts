/** Number of corrupt inputs for each reader: 10,000 in `npm run test:long`, a few in `npm test`. */
export const fuzzCases = Number(process.env['COTO_FUZZ_CASES'] ?? 300);
