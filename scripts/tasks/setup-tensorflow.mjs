import { join } from 'node:path';
import { root } from '../bootstrap/paths.mjs';
import { runNode } from './steps.mjs';

// usage: npm run setup:tensorflow [-- --cpu | --gpu]
// Builds tfjs's addon against a current libtensorflow out of PyPI (0.3 GB for the CPU, 3.4 GB with CUDA), in the cache folder.
process.exit(
  await runNode(join(root, 'src-main', 'engine', 'setup-tensorflow.ts'), process.argv.slice(2), {
    env: { NODE_USE_ENV_PROXY: '1' },
  }),
);
