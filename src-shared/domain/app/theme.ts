import { z } from 'zod';

/** Color theme that the user chose; `system` follows the desktop. */
export const themeSchema = z.enum(['system', 'light', 'dark']);
export type Theme = z.infer<typeof themeSchema>;
