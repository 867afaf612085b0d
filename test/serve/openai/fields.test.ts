import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseFields } from '../../../src-main/serve/openai/fields.ts';

const schema = z.looseObject({ messages: z.array(z.string()).default([]) });
const parse = (body: unknown) => parseFields(schema, body, { unsupported: {} });

test('refuses by count what would keep other requests waiting', () => {
  const fields = Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`field${at}`, at]));
  expect(() => parse(fields)).toThrow('The request has 200000 fields: at most 256 are read.');
  const messages = Array.from({ length: 100_000 }, () => 'hello');
  expect(() => parse({ messages })).toThrow('messages has 100000 entries: at most 4096 are read.');
  expect(parse({ messages: messages.slice(0, 4096) }).messages).toHaveLength(4096);
  expect(() => parse({ messages: [], other: 1 })).toThrow('other is no field of this request: leave it out.');
});
