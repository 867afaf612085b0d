import { describeLesserProcessor } from './lesser-processor.ts';

await describeLesserProcessor({ kernels: 'avx2', products: 'AVX2', name: 'AVX2' });
