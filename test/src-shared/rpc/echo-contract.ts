import { z } from 'zod';

/** A small service that shows everything a wire must carry. */
export const echoContract = {
  requests: {
    'echo.same': { input: z.unknown(), output: z.unknown() },
    'echo.add': { input: z.strictObject({ left: z.number(), right: z.number().default(1) }), output: z.number() },
    'echo.values': {
      input: z.strictObject({ count: z.number().int() }),
      output: z.object({
        floats: z.instanceof(Float32Array),
        bytes: z.instanceof(Uint8Array),
        notANumber: z.nan(),
        infinite: z.custom<number>((value) => value === Number.POSITIVE_INFINITY),
        missing: z.undefined(),
        map: z.map(z.string(), z.number()),
      }),
    },
    'echo.refuse': { input: z.strictObject({ late: z.boolean() }), output: z.null() },
    /** Answered once `echo.release` is asked for. */
    'echo.hold': { input: z.strictObject({}), output: z.string() },
    'echo.release': { input: z.strictObject({}), output: z.null() },
    'echo.never': { input: z.strictObject({}), output: z.null() },
    'echo.unclonable': { input: z.strictObject({}), output: z.unknown() },
    'echo.malformed': { input: z.strictObject({}), output: z.number() },
    'echo.tell': { input: z.strictObject({ count: z.number().int() }), output: z.object({ ok: z.literal(true) }) },
    'echo.tell-unclonable': { input: z.strictObject({}), output: z.object({ ok: z.literal(true) }) },
    'echo.die': { input: z.strictObject({}), output: z.null() },
  },
  events: {
    'echo.told': z.object({ index: z.number().int(), values: z.instanceof(Float32Array) }),
    'echo.odd': z.unknown(),
  },
} as const;
