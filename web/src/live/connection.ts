// The WebSocket to the daemon, kept up: reconnects with growing pauses, asks for what was missed, notices silence.
import { parseJson } from "../api/json.ts";
import type { ServerEvent } from "../api/types.ts";
import { pauseBefore } from "./backoff.ts";

/** What of WebSocket is used, so that tests can stand in for it. */
export interface Socket {
  onmessage: ((message: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}

export interface Surroundings {
  open(url: string): Socket;
  later(milliseconds: number, action: () => void): () => void;  // returns what cancels it
  random(): number;
  now(): number;
}

export interface Listener {
  /** What happened, in order. `connection_established`, `pong` and `resync_required` are not among it. */
  event(event: ServerEvent): void;
  /** Connected, or again: `replayed` says that what was missed follows as events; else everything has to be read anew. */
  connected(replayed: boolean): void;
  /** Not connected; the next try at this time (milliseconds since 1970). */
  waiting(retryAt: number): void;
}

export const pingEvery = 25_000;
export const pongWithin = 10_000;
export const openWithin = 15_000;

export class Connection {
  private socket: Socket | null = null;
  private lastSeq: number | null = null;
  private failures = 0;
  private cancelTimer: () => void = () => {};
  private stopped = true;

  constructor(
    private readonly url: string,
    private readonly listener: Listener,
    private readonly surroundings: Surroundings,
  ) {}

  start(): void {
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.drop();
  }

  /** A try at once, if there is no connection. */
  retryNow(): void {
    if (!this.stopped && !this.socket) this.connect();
  }

  private connect(): void {
    this.cancelTimer();
    const socket = this.surroundings.open(this.lastSeq === null ? this.url : `${this.url}?since=${this.lastSeq}`);
    this.socket = socket;
    this.wait(openWithin, () => this.lost(socket));
    socket.onmessage = ({ data }) => this.receive(socket, String(data));
    socket.onclose = () => this.lost(socket);
  }

  private receive(socket: Socket, text: string): void {
    if (socket !== this.socket) return;
    const event = parseJson(text) as unknown as ServerEvent;
    this.wait(pingEvery, () => this.ping(socket));
    switch (event.event) {
      case "pong":
        break;
      case "connection_established":
        this.failures = 0;
        // A number below ours: a server that began to count anew.
        this.listener.connected(this.lastSeq !== null && event.seq >= this.lastSeq);
        if (this.lastSeq === null || event.seq < this.lastSeq) this.lastSeq = event.seq;
        break;
      case "resync_required":
        this.lastSeq = event.seq;
        this.listener.connected(false);
        break;
      default:
        this.lastSeq = event.seq;
        this.listener.event(event);
    }
  }

  private ping(socket: Socket): void {
    socket.send("ping");
    this.wait(pongWithin, () => this.lost(socket));
  }

  private lost(socket: Socket): void {
    if (socket !== this.socket) return;
    this.drop();
    if (this.stopped) return;
    const pause = pauseBefore(++this.failures, this.surroundings.random());
    this.listener.waiting(this.surroundings.now() + pause);
    this.wait(pause, () => this.connect());
  }

  private drop(): void {
    this.cancelTimer();
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  // One timer at a time: for the pong, for the next ping or for the next try.
  private wait(milliseconds: number, action: () => void): void {
    this.cancelTimer();
    this.cancelTimer = this.surroundings.later(milliseconds, action);
  }
}
