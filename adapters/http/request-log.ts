import type { FastifyReply, FastifyRequest } from 'fastify';
import { RecoveryError } from '../../services/errors.ts';
import type { Logger } from '../../services/ports.ts';

/** Lines on requests. They name the route and not the address, and nothing of what went in or out. */

/** One line for each answer. */
export function answerLine(logger: Logger, request: FastifyRequest, reply: FastifyReply): void {
  const { role } = request.routeOptions.config;
  const fields = {
    ...routeOf(request),
    status: reply.statusCode,
    caller: request.caller?.id ?? 'anonymous',
    duration: Math.round(reply.elapsedTime * 1000) / 1000,
  };
  if (role === 'operator' && reply.statusCode < 400) logger.info(fields, 'command');
  else logger.debug(fields, 'request');
}

/** What is known of an error without its message, which may quote an input. */
export function faultOf(
  request: FastifyRequest,
  error: unknown,
): Readonly<Record<string, unknown>> {
  const { name, stack } = error instanceof Error ? error : { name: typeof error, stack: undefined };
  return {
    ...routeOf(request),
    error: name,
    ...(error instanceof RecoveryError ? { code: error.code } : {}),
    at: stack?.match(/^ {4}at .*$/gm)?.map(line => line.trim()) ?? [],
  };
}

const routeOf = ({ method, routeOptions }: FastifyRequest) => ({
  method,
  route: routeOptions.url ?? 'none',
});
