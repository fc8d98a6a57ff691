import { isIP } from 'node:net';

/** Whether an address of a socket, or a host to listen on, is reached from this machine only. */
export function isLoopback(address: string): boolean {
  const plain = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  if (plain === 'localhost' || plain === '::1') return true;
  return isIP(plain) === 4 && plain.startsWith('127.');
}

/** Whether it is an address and no name. DNS cannot make one point elsewhere. */
export function isAddress(hostname: string): boolean {
  return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) !== 0;
}

/** The lower-case name of a `Host` header, without its port; undefined where it is none. */
export function hostnameOf(header: string | undefined): string | undefined {
  if (header === undefined || !/^(\[[0-9a-f:.]+\]|[\w.-]+)(:\d{1,5})?$/i.test(header)) {
    return undefined;
  }
  return header.replace(/:\d+$/, '').toLowerCase();
}

/** The address to give to clients of a server that listens there. */
export function urlOf(address: string, port: number): string {
  if (address === '0.0.0.0' || address === '::') return `http://127.0.0.1:${port}`;
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}
