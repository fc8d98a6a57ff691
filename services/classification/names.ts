import { NETWORK, PERMISSION, RESOURCE, TIMEOUT, table, USED_UP, VALIDATION } from './entry.ts';

/**
 * Names of errors that say what happened: of the web platform (DOMException), of validators (zod, ajv, yup, joi, valibot, superstruct ...),
 * of HTTP frameworks and of cloud SDKs.
 *
 * AbortError counts as a time-out: an operation that is cancelled ends without asking the classifier, so one that arrives here comes from
 * a limit that the function has set itself.
 */
export const NAMES = table(
  [
    TIMEOUT,
    `TimeoutError AbortError ConnectTimeoutError HeadersTimeoutError BodyTimeoutError ReadTimeoutError
     RequestTimeout RequestTimeoutError RequestTimeoutException TimeoutException DeadlineExceededError`,
  ],
  [
    NETWORK,
    'NetworkError SocketError FetchError ConnectionError ConnectionClosedError HTTPParserError NetworkingError',
  ],
  [
    PERMISSION,
    `NotAllowedError SecurityError UnauthorizedError ForbiddenError AuthenticationError AuthorizationError
     PermissionError PermissionDeniedError AccessDenied AccessDeniedException UnauthorizedException
     ExpiredToken ExpiredTokenException InvalidSignatureException UnrecognizedClientException
     JsonWebTokenError TokenExpiredError`,
  ],
  [
    RESOURCE,
    `TooManyRequestsError TooManyRequestsException RateLimitError Throttling ThrottlingException ThrottledException
     ProvisionedThroughputExceededException RequestLimitExceeded SlowDown ServiceUnavailable
     ServiceUnavailableError ServiceUnavailableException`,
  ],
  [USED_UP, 'QuotaExceededError'],
  [
    VALIDATION,
    `ZodError $ZodError ZodRealError ValidationError ValidationException AggregateValidationError ValiError StructError
     TypeBoxError TransformDecodeCheckError ParseError SchemaError AssertionError ArgumentError InvalidArgumentError
     SyntaxError JSONError DataError DataCloneError InvalidStateError InvalidAccessError NotSupportedError
     NotFoundError BadRequestError UnprocessableEntityError CastError`,
  ],
);

/**
 * Errors that JavaScript throws at a mistake in the program. The same code with the same input makes them again, so they count as validation.
 * Looked at last, because fetch hides its failures in a TypeError.
 */
export const PROGRAMMING_ERRORS = table([
  VALIDATION,
  'TypeError RangeError ReferenceError EvalError URIError',
]);
