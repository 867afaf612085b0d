import { z } from 'zod';
import { declarationSchema } from './parameter.ts';

/** A form in which an adapter can leave the studio, as it declares itself. */
export const exportTargetSchema = declarationSchema.extend({
  makes: z.enum(['file', 'folder']),
  extension: z.string().optional().describe('of the file, without the dot'),
});
export type ExportTargetDeclaration = z.infer<typeof exportTargetSchema>;
