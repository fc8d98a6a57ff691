import { fromCallback } from 'xstate';
import type { FrameCommand, FrameEvent } from './inspect-machine.ts';

/** Nobody else is told anything, and nobody else is listened to. */
const ORIGIN = 'https://stately.ai';
const ADDRESS = `${ORIGIN}/inspect`;
const CONNECTED = '@statelyai.connected';
/** It may do what its page needs, and not take ours away. */
const ALLOWED = ['scripts', 'same-origin', 'forms', 'popups', 'popups-to-escape-sandbox'];

/** Stately's inspector, in a frame within a place of the page. */
export class Frame {
  readonly #place: HTMLElement;

  constructor(place: HTMLElement) {
    this.#place = place;
  }

  /** Takes a message to whatever is in the frame, as long as that is Stately's. */
  readonly show = (message: unknown): void => {
    this.#element?.contentWindow?.postMessage(message, ORIGIN);
  };

  /** The frame as an actor. It has nothing in it until it is told to load. */
  readonly logic = fromCallback<FrameCommand>(({ sendBack, receive }) => {
    const heard = ({ source, origin, data }: MessageEvent<unknown>) => {
      const inner = this.#element?.contentWindow;
      if (inner == null || source !== inner || origin !== ORIGIN) return;
      if (typeOf(data) === CONNECTED) sendBack({ type: 'frame.connected' } satisfies FrameEvent);
    };
    addEventListener('message', heard);
    receive(() => this.#load());
    return () => {
      removeEventListener('message', heard);
      this.#place.replaceChildren();
    };
  });

  get #element(): HTMLIFrameElement | null {
    return this.#place.querySelector('iframe');
  }

  #load(): void {
    const element = document.createElement('iframe');
    element.title = "Stately's inspector";
    element.referrerPolicy = 'no-referrer';
    element.sandbox.add(...ALLOWED.map(what => `allow-${what}`));
    element.src = ADDRESS;
    this.#place.replaceChildren(element);
  }
}

const typeOf = (data: unknown): unknown =>
  typeof data === 'object' && data !== null && 'type' in data ? data.type : undefined;
