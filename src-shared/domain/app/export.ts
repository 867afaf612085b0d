import { z } from 'zod';
import { declarationSchema } from '../parameters/parameter.ts';

/** Declaration of an export format. */
export const exportTargetSchema = declarationSchema.extend({
  makes: z.enum(['file', 'folder']),
  needsRun: z.boolean().optional().describe('exports the run that trained the adapter'),
  extension: z.string().optional().describe('of the file, without the dot'),
});
export type ExportTargetDeclaration = z.infer<typeof exportTargetSchema>;
