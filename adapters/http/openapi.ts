import { z } from 'zod';
import { ErrorCode } from '../../services/errors.ts';
import { PROBLEM_TYPE } from './problem.ts';
import { REFUSALS } from './refusal.ts';
import type { Route } from './route.ts';

type Json = Readonly<Record<string, unknown>>;

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum([...Object.values(ErrorCode), ...(Object.keys(REFUSALS) as [string])]),
    detail: z.string().optional(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request does not fit.',
  401: 'A token is needed.',
  403: 'The token has not the role, or the page is of a foreign origin.',
  404: 'It does not exist.',
  409: 'Its state, or what it is, stands against it.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  421: 'The server does not go by that name.',
  429: 'Too many requests.',
  503: 'The store or the recovery cannot do it now.',
};

/** The OpenAPI 3.1 document of routes, made of the schemas that they check with. */
export function openApiOf(routes: readonly Route[], basePath: string): Json {
  const components: Record<string, unknown> = {};
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] ??= {};
    (paths[path] as Record<string, unknown>)[route.method.toLowerCase()] = operationOf(
      route,
      components,
    );
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'xstate-recovery',
      version: '1',
      description: 'Follow and steer recoverable operations.',
    },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    paths,
    components: {
      schemas: components,
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function operationOf(route: Route, components: Record<string, unknown>): Json {
  const { success, otherStatus, body } = route;
  const answer = (description: string) => ({
    description,
    content: {
      [success.contentType ?? 'application/json']: {
        schema: jsonSchemaOf(success.schema, 'output', components),
      },
    },
  });
  const problem = { [PROBLEM_TYPE]: { schema: jsonSchemaOf(problemSchema, 'output', components) } };
  const own = new Set([...problemsOf(route), ...(route.problems ?? [])]);
  const parameters = [...parametersOf(route.params, 'path'), ...parametersOf(route.query, 'query')];
  return {
    operationId: route.id,
    summary: route.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: !body.safeParse(undefined).success,
            content: { 'application/json': { schema: jsonSchemaOf(body, 'input', components) } },
          },
        }),
    responses: {
      [success.status]: answer(success.description),
      ...(otherStatus && { [otherStatus.status]: answer(otherStatus.description) }),
      ...Object.fromEntries(
        [...own]
          .sort((a, b) => a - b)
          .map(status => [status, { description: PROBLEMS[status], content: problem }]),
      ),
    },
    // Where no token is set none is needed; a document cannot say that.
    security: route.role === 'public' ? [{}, { token: [] }] : [{ token: [] }],
    'x-role': route.role,
  };
}

function problemsOf({ role, body }: Route): number[] {
  const roles = role === 'public' ? [403] : [401, 403];
  return [400, ...roles, ...(body === undefined ? [] : [413, 415]), 421, 429];
}

function parametersOf(schema: z.ZodObject | undefined, place: 'path' | 'query'): Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, member]) => ({
    name,
    in: place,
    required: !(member as z.ZodType).safeParse(undefined).success,
    schema: jsonSchemaOf(member as z.ZodType, 'input', {}),
  }));
}

/** The schema as JSON Schema; what has a name of its own goes to the components. */
function jsonSchemaOf(
  schema: z.ZodType,
  io: 'input' | 'output',
  components: Record<string, unknown>,
): unknown {
  const json = JSON.stringify(z.toJSONSchema(schema, { io, target: 'draft-2020-12' }));
  const {
    $schema: _,
    $defs,
    ...rest
  } = JSON.parse(json.replaceAll('"#/$defs/', '"#/components/schemas/')) as Record<string, unknown>;
  Object.assign(components, $defs);
  return rest;
}
