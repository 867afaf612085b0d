import { z } from 'zod';

/** A form in which an adapter can leave the studio, as it declares itself. */
export const exportTargetSchema = z.object({
  id: z.string(),
  label: z.string(),
  summary: z.string(),
  makes: z.enum(['file', 'folder']),
  extension: z.string().optional().describe('of the file, without the dot'),
});
export type ExportTargetDeclaration = z.infer<typeof exportTargetSchema>;
