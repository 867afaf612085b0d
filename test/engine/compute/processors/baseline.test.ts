import { describeLesserProcessor } from './lesser-processor.ts';

await describeLesserProcessor({ kernels: 'baseline', products: 'SSE41', name: 'SSE4.1' });
