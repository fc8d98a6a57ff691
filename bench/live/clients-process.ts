/** The process that the clients of the live section live in. */
import { connect, type Socket } from 'node:net';
import { obeyOrders } from '../child.ts';
import type { ClientsOrder, Heard } from './orders.ts';
import { RawClient } from './raw-client.ts';

/** Updates after which the server is told how far the slowest client is. */
const STEP = 50;

let clients: RawClient[] = [];
let control: Socket | undefined;
let told = 0;
let timer: NodeJS.Timeout | undefined;

async function obey(order: ClientsOrder): Promise<unknown> {
  switch (order.do) {
    case 'connect': {
      told = 0;
      control = connect(order.serving.control, '127.0.0.1');
      control.on('error', () => {});
      clients = Array.from(
        { length: order.clients },
        () => new RawClient(order.serving.port, progressed),
      );
      await Promise.all(clients.map(client => client.ready));
      for (const client of clients.slice(0, order.stuck)) client.stick();
      return undefined;
    }
    case 'tell': {
      const heard: Heard = { updates: 0, snapshots: 0, dropped: 0 };
      const reading = clients.filter(({ stuck }) => !stuck);
      return reading.reduce(
        (sum, { updates, snapshots, dropped }) => ({
          updates: sum.updates + updates,
          snapshots: sum.snapshots + snapshots,
          dropped: sum.dropped + dropped,
        }),
        heard,
      );
    }
    case 'disconnect':
      for (const client of clients) client.close();
      control?.destroy();
      clients = [];
      return undefined;
  }
}

/** Every so many updates, and soon after the last of all. */
function progressed(): void {
  const least = slowest();
  if (least >= told + STEP) tell(least);
  else timer ??= setTimeout(() => tell(slowest()), 2);
}

const slowest = (): number =>
  clients.reduce((least, { updates }) => Math.min(least, updates), Number.POSITIVE_INFINITY);

function tell(least: number): void {
  clearTimeout(timer);
  timer = undefined;
  if (clients.length === 0 || least === told) return;
  told = least;
  control?.write(`${least}\n`);
}

obeyOrders(obey);
