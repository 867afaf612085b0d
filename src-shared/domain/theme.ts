import { z } from 'zod';

/** What a person chose: `system` follows the desktop. */
export const themeSchema = z.enum(['system', 'light', 'dark']);
export type Theme = z.infer<typeof themeSchema>;
