import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { mcpServer } from '../../../src-main/serve/mcp/server.ts';
import { tools } from '../../../src-main/serve/mcp/tools/index.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';
import { request } from '../../src-renderer/fake-backend.ts';

const schemaSchema = z.looseObject({
  type: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  examples: z.array(z.unknown()).optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  minItems: z.number().optional(),
  minimum: z.number().optional(),
});

/** The shortest value that a schema describes: its own example, or the required fields alone. */
function exampleOf(given: unknown): unknown {
  const schema = schemaSchema.parse(given);
  if (schema.examples !== undefined) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [choice] = schema.anyOf ?? schema.oneOf ?? [];
  if (choice !== undefined) return exampleOf(choice);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries((schema.required ?? []).map((key) => [key, exampleOf(schema.properties?.[key])]));
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => exampleOf(schema.items));
    case 'integer':
    case 'number':
      return schema.minimum ?? 0;
    case 'boolean':
      return false;
    default:
      return 'text';
  }
}

const on = () => () => undefined;
const studio: StudioClient = { request, on, onClose: () => undefined, closed: false, close: () => undefined };

test('a tool accepts the example that its published schema describes, and no tool that starts something accepts {}', async () => {
  const [own, other] = InMemoryTransport.createLinkedPair();
  await mcpServer(studio, { version: '1', allowWrite: true, questions: null }).connect(other);
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(own);
  const listed = (await client.listTools()).tools;
  expect(listed.map(({ name }) => name)).toEqual(tools.map(({ name }) => name));
  for (const { name, inputSchema } of listed) {
    const tool = tools.find((one) => one.name === name);
    expect(tool?.input.safeParse(exampleOf(inputSchema)).error, name).toBeUndefined();
    if (tool?.writes) {
      expect(tool.input.safeParse({}).success, name).toBe(false);
      // An object whose required fields are objects: these need their own fields.
      const empty = Object.fromEntries(
        (inputSchema.required ?? []).map((key) => [
          key,
          schemaSchema.parse(inputSchema.properties?.[key]).type === 'object' ? {} : 'text',
        ]),
      );
      if (Object.values(empty).some((value) => value !== 'text'))
        expect(tool.input.safeParse(empty).success, name).toBe(false);
    }
  }
  await client.close();
});
