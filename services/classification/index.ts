/** What kind of trouble an error is, and whether a retry can help. */
export { ErrorClassifier, type ErrorClassifierOptions } from './error-classifier.ts';
