import { testConformance } from './conformance.ts';

await testConformance((id) => id !== 'native');
