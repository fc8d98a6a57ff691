import { Agent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import { ConfigError } from '../../errors.ts';
import { readingAgent } from './reading.ts';

/** How requests to a URL are made. */
export interface Route {
  readonly request: typeof httpRequest;
  readonly agent: NonNullable<RequestOptions['agent']>;
}

const OPTIONS = { keepAlive: true };
/** By scheme and the proxy's address. */
const known = new Map<string, Route>();

/**
 * What a request to that URL goes through: the proxy that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, and
 * the same in lower case), or nothing in between. Connections are shared within the process, and idle ones do not keep it alive.
 * @throws ConfigError where the environment names a proxy that is none
 */
export function routeTo(url: string): Route {
  const proxy = getProxyForUrl(url);
  const secure = url.startsWith('https:');
  const key = `${secure} ${proxy}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const request = secure ? httpsRequest : httpRequest;
  const route = { request, agent: proxy === '' ? direct(secure) : through(proxy, secure) };
  known.set(key, route);
  return route;
}

const direct = (secure: boolean): Route['agent'] =>
  readingAgent(secure ? new HttpsAgent(OPTIONS) : new Agent(OPTIONS));

function through(proxy: string, secure: boolean): Route['agent'] {
  try {
    return secure ? new Tunnels(proxy, OPTIONS) : new HttpProxyAgent(proxy, OPTIONS);
  } catch (cause) {
    // Its address may have a password in it, so it is not told.
    throw new ConfigError('the environment names a proxy that cannot be used', { cause });
  }
}

/** Ends the connection to the proxy with the request that waits for it: such a request has no socket yet that it could destroy. */
class Tunnels extends HttpsProxyAgent<string> {
  override connect(...[request, options]: Parameters<HttpsProxyAgent<string>['connect']>) {
    const { abandoned: signal } = options as { readonly abandoned?: AbortSignal };
    const own = Object.create(this, { connectOpts: { value: { ...this.connectOpts, signal } } });
    return super.connect.call(own, request, options);
  }
}
