import { join } from 'node:path';
import { runNode, tools } from './steps.mjs';

// Each layer under the libraries that it may see: src-shared neither Node's nor the window's, src-main no window, src-renderer no
// Node. The last two are of the scripts (JavaScript with its types in comments) and the tests, which see all.
const layers = ['src-shared', 'src-main', 'src-renderer', 'scripts', '.'];
const codes = await Promise.all(layers.map((layer) => runNode(tools.tsc, ['--noEmit', '-p', join(layer)])));
process.exit(codes.find((code) => code !== 0) ?? 0);
