import { beginCoverage } from '../testing.ts';
import { serveTests } from './support/serve-tests.ts';

beginCoverage();
await serveTests();
