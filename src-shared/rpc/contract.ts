import { z } from 'zod';
import { errorValueSchema } from '../contract/errors.ts';

/** A contract between two sides of a channel: the requests that one side serves and the events that it sends. */
export interface Contract {
  readonly requests: Readonly<Record<string, { readonly input: z.ZodType; readonly output: z.ZodType }>>;
  readonly events: Readonly<Record<string, z.ZodType>>;
}
export type RequestNameOf<C extends Contract> = keyof C['requests'] & string;
export type EventNameOf<C extends Contract> = keyof C['events'] & string;
/** Input as the caller passes it: defaults may be omitted. */
export type InputOf<C extends Contract, Name extends RequestNameOf<C>> = z.input<C['requests'][Name]['input']>;
/** Input as the handler receives it: defaults are filled in. */
export type ArgumentOf<C extends Contract, Name extends RequestNameOf<C>> = z.output<C['requests'][Name]['input']>;
/** Output as the handler returns it. */
export type AnswerOf<C extends Contract, Name extends RequestNameOf<C>> = z.input<C['requests'][Name]['output']>;
/** Output as the caller receives it. */
export type OutputOf<C extends Contract, Name extends RequestNameOf<C>> = z.output<C['requests'][Name]['output']>;
export type PayloadOf<C extends Contract, Name extends EventNameOf<C>> = z.output<C['events'][Name]>;

export type Handlers<C extends Contract> = {
  readonly [Name in RequestNameOf<C>]: (input: ArgumentOf<C, Name>) => AnswerOf<C, Name> | Promise<AnswerOf<C, Name>>;
};

/** Errors are sent as data, so that it does not matter how a channel clones errors. */
export const replySchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: errorValueSchema }),
]);
export type Reply = z.infer<typeof replySchema>;

/** Frames of birpc; other messages on the channel are ignored. */
const frameSchema = z.union([
  z.object({ t: z.literal('q'), m: z.string(), a: z.array(z.unknown()), i: z.string().optional() }),
  z.object({ t: z.literal('s'), i: z.string() }),
]);

export function isFrame(message: unknown): boolean {
  return frameSchema.safeParse(message).success;
}

const requestFrameSchema = z.object({ t: z.literal('q'), m: z.string(), a: z.array(z.unknown()), i: z.string() });

/** The message as a client's request and nothing besides, so that it says nothing to whoever carries it; null: it is none. */
export function parseRequestFrame(message: unknown): z.infer<typeof requestFrameSchema> | null {
  const parsed = requestFrameSchema.safeParse(message);
  return parsed.success ? parsed.data : null;
}

const replyFrameSchema = z.object({ t: z.literal('s'), i: z.string() });
/** The id of a reply frame, else null. */
export function replyId(message: unknown): string | null {
  const parsed = replyFrameSchema.safeParse(message);
  return parsed.success ? parsed.data.i : null;
}
