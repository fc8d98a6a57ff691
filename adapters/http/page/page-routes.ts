import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../refusal.ts';
import { acceptedEncoding } from './encodings.ts';
import { INSPECTOR, type Page } from './load-page.ts';
import { isKnown, type PageFile } from './page-file.ts';

/** Addresses that the page itself makes something of. */
const DEEP_LINKS = [
  '/operations',
  '/operations/:id',
  '/breakers',
  '/breakers/*',
  '/machines',
  '/machines/*',
];

/** Everything from here and nothing inline. Of its own origin is also the socket: `'self'` covers ws and wss (CSP 3, 6.7.2.8). */
const DIRECTIVES = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  workerSrc: ["'self'"],
  baseUri: ["'self'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};
const policy = (directives: Readonly<Record<string, string[]>>) => ({
  contentSecurityPolicy: { useDefaults: false, directives },
});
const HELMET = policy(DIRECTIVES);
/** The one page that has something of somebody else's in it, which reads nothing of the page around it. */
const INSPECTOR_HELMET = policy({ ...DIRECTIVES, frameSrc: ['https://stately.ai'] });

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** Serves the page. Each file has an address of its own, so none can be reached by a trick; it holds no data, so everyone may have it. */
export function servePage(
  app: FastifyInstance,
  { index, inspector, files }: Page,
  basePath: string,
): void {
  const serve = (path: string, handler: Handler, helmet = HELMET) => {
    const url = basePath + path;
    // An address of the API stays what it is, whatever lies in the folder.
    if (app.hasRoute({ method: 'GET', url })) return;
    const config = { role: 'public', page: true } as const;
    app.route({ method: ['GET', 'HEAD'], url, config, helmet, handler });
  };
  const start: Handler = (request, reply) => {
    if (index === undefined) throw new Refusal('PAGE_NOT_BUILT');
    return send(index, request, reply);
  };
  serve('/', start);
  if (basePath !== '') serve('', start);
  for (const link of DEEP_LINKS) {
    serve(link, async (request, reply) => {
      if (isNavigation(request)) return start(request, reply);
      reply.callNotFound();
      return reply;
    });
  }
  if (index === undefined) serve('/inspect', start);
  if (inspector !== undefined) {
    serve('/inspect', (request, reply) => send(inspector, request, reply), INSPECTOR_HELMET);
  }
  for (const [path, file] of files) {
    const helmet = path === INSPECTOR ? INSPECTOR_HELMET : HELMET;
    serve(`/${path}`, (request, reply) => send(file, request, reply), helmet);
  }
}

/** Whether a person goes there, and no program: programs shall hear that there is nothing. */
function isNavigation({ headers }: FastifyRequest): boolean {
  const mode = headers['sec-fetch-mode'];
  if (mode !== undefined) return mode === 'navigate';
  return /(^|,)\s*text\/html\s*(;|,|$)/i.test(headers.accept ?? '');
}

async function send(
  file: PageFile,
  { headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { bytes, etag, encoding } = await file.in(
    acceptedEncoding(single(headers['accept-encoding'])),
  );
  const vary = [reply.getHeader('vary'), 'Accept-Encoding'].filter(Boolean).join(', ');
  reply.headers({ etag, vary, 'cache-control': file.cacheControl });
  if (isKnown(etag, headers['if-none-match'])) return reply.code(304).send();
  if (encoding !== undefined) reply.header('content-encoding', encoding);
  return reply.type(file.type).send(bytes);
}

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(',') : header;
