// Writes what is made of the native kernels' manifest (src-main/engine/compute/native/manifest): the table of kernels, its
// bindings, and their types in TypeScript. Run it after a change of the manifest: npm run make:kernels
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from '../../src-main/engine/compute/native/manifest/generate.ts';

const folder = new URL('../../src-main/engine/compute/native/', import.meta.url);
for (const [path, text] of generatedFiles()) writeFileSync(fileURLToPath(new URL(path, folder)), text);
