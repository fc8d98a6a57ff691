import { serveTests } from '../support/serve-tests.ts';
import { closeBrowser } from './support/browser.ts';

await serveTests(closeBrowser);
