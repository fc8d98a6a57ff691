import { serveTests } from './support/serve-tests.ts';

await serveTests();
