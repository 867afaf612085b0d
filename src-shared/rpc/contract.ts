import { z } from 'zod';
import { errorValueSchema } from '../contract/errors.ts';

/** What two sides of a wire agree on: the requests that one side answers and the events that it sends unasked. */
export interface Contract {
  readonly requests: Readonly<Record<string, { readonly input: z.ZodType; readonly output: z.ZodType }>>;
  readonly events: Readonly<Record<string, z.ZodType>>;
}
export type RequestNameOf<C extends Contract> = keyof C['requests'] & string;
export type EventNameOf<C extends Contract> = keyof C['events'] & string;
/** What a caller writes: defaults may be left out. */
export type InputOf<C extends Contract, Name extends RequestNameOf<C>> = z.input<C['requests'][Name]['input']>;
/** What a handler sees: defaults are filled in. */
export type ArgumentOf<C extends Contract, Name extends RequestNameOf<C>> = z.output<C['requests'][Name]['input']>;
/** What a handler answers. */
export type AnswerOf<C extends Contract, Name extends RequestNameOf<C>> = z.input<C['requests'][Name]['output']>;
/** What a caller gets. */
export type OutputOf<C extends Contract, Name extends RequestNameOf<C>> = z.output<C['requests'][Name]['output']>;
export type PayloadOf<C extends Contract, Name extends EventNameOf<C>> = z.output<C['events'][Name]>;

export type Handlers<C extends Contract> = {
  readonly [Name in RequestNameOf<C>]: (input: ArgumentOf<C, Name>) => AnswerOf<C, Name> | Promise<AnswerOf<C, Name>>;
};

/** Errors cross as data, so that no wire's way of cloning errors matters. */
export const replySchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: errorValueSchema }),
]);
export type Reply = z.infer<typeof replySchema>;

/** The frames that birpc puts on the wire; anything else that arrives is not ours and is left alone. */
const frameSchema = z.union([
  z.object({ t: z.literal('q'), m: z.string(), a: z.array(z.unknown()), i: z.string().optional() }),
  z.object({ t: z.literal('s'), i: z.string() }),
]);

export function isFrame(message: unknown): boolean {
  return frameSchema.safeParse(message).success;
}

/** The id of a reply frame, else null. */
export function replyId(message: unknown): string | null {
  const parsed = z.object({ t: z.literal('s'), i: z.string() }).safeParse(message);
  return parsed.success ? parsed.data.i : null;
}
