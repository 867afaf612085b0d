import { z } from 'zod';

/** `!function` in a task's file: lm-eval's reference, and the known functions that it is one of. */
export const functionReferenceSchema = z.strictObject({
  function: z.string(),
  /** Ids of the functions' owners; several where the reference alone does not tell. */
  of: z.array(z.string()).min(1),
});
export type FunctionReference = z.infer<typeof functionReferenceSchema>;
