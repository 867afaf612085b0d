import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { StudioClient } from '../../../src-shared/contract/studio-client.ts';

/** Something that an assistant can ask the studio for. */
export interface Tool {
  readonly name: string;
  readonly title: string;
  /** For the assistant: what comes back, and when to use it. */
  readonly description: string;
  readonly input: z.ZodType;
  /** True for tools that start, end or change something; offered with --allow-write only. */
  readonly writes: boolean;
  /** Question that the person must agree to first. Absent: none. @throws StudioError as `run` */
  question?(input: unknown): string;
  /** @throws StudioError what the studio says, and invalid_input for arguments that do not fit `input` */
  run(client: StudioClient, input: unknown): Promise<unknown>;
}

interface ToolDetails<Input extends z.ZodType> extends Pick<Tool, 'name' | 'title' | 'description'> {
  readonly input: Input;
  question?(input: z.output<Input>): string;
  run(client: StudioClient, input: z.output<Input>): Promise<unknown>;
}

export function readingTool<Input extends z.ZodType>({ question, ...details }: ToolDetails<Input>): Tool {
  return {
    ...details,
    ...(question === undefined ? {} : { question: (input) => question(details.input.parse(input)) }),
    writes: false,
    run: (client, input) => details.run(client, details.input.parse(input)),
  };
}

export function writingTool<Input extends z.ZodType>(details: ToolDetails<Input>): Tool {
  return { ...readingTool(details), writes: true };
}

/** Jobs that may wait before assistants add no more: a loop of one must not fill a person's queue. */
const maxWaiting = 64;

/** A writing tool that adds a job to the queue. @throws StudioError refused while many jobs wait */
export function queueingTool<Input extends z.ZodType>(details: ToolDetails<Input>): Tool {
  return writingTool({
    ...details,
    async run(client, input) {
      const jobs = await client.request('jobs.list', { active: true });
      if (jobs.filter(({ status }) => status === 'queued').length >= maxWaiting)
        throw new StudioError(
          'refused',
          `${maxWaiting} jobs are waiting: assistants add none until some have ended.`,
          'Wait, or cancel some of them.',
        );
      return details.run(client, input);
    },
  });
}

/** Requested part of a list. */
export const pageFields = {
  limit: z.number().int().min(1).max(500).default(50),
  offset: z.number().int().min(0).default(0),
};

export const page = z.strictObject(pageFields);
export type Page = z.output<typeof page>;

/** A part of a list, with the length of the whole. */
export function pageOf<Item>(items: readonly Item[], { limit, offset }: Page) {
  return { total: items.length, offset, items: items.slice(offset, offset + limit) };
}

/** A part of the rows of a CSV, below its head. */
export function rowsOf(csv: string, part: Page) {
  const [head = '', ...rows] = csv.trimEnd().split('\n');
  const { total, offset, items } = pageOf(rows, part);
  return { rows: total, offset, csv: [head, ...items].join('\n') };
}

/** Milliseconds since 1970 as people write a time. */
export function timeOf(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}
