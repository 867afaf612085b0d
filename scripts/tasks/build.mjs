import { ensureBuild } from '../build.mjs';

await ensureBuild(['main', 'report', 'renderer'], { force: process.argv.includes('--force') });
