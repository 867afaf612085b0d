import { z } from 'zod';

// zod compiles its parsers with `new Function`, which the window's content policy forbids. This module is imported before
// any schema is made, because that is when zod decides.
z.config({ jitless: true });
