import assert from "node:assert/strict";
import test from "node:test";
import { pauseBefore } from "../src/live/backoff.ts";
import { Connection, openWithin, pingEvery, pongWithin, type Socket } from "../src/live/connection.ts";

class FakeSocket implements Socket {
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  sent: string[] = [];
  closed = false;
  constructor(readonly url: string) {}
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.closed = true;
  }
  says(event: object) {
    this.onmessage?.({ data: JSON.stringify(event) });
  }
}

// A network, a clock and a listener that do nothing by themselves.
class World {
  sockets: FakeSocket[] = [];
  heard: string[] = [];
  time = 1_000_000;
  private timers: { at: number; action: () => void }[] = [];
  readonly connection = new Connection("ws://host/ws/sync", {
    event: (event) => this.heard.push(`${event.event} ${"seq" in event ? event.seq : ""}`),
    connected: (replayed) => this.heard.push(replayed ? "connected, replayed" : "connected anew"),
    waiting: (retryAt) => this.heard.push(`waiting ${retryAt - this.time}`),
  }, {
    open: (url) => {
      const socket = new FakeSocket(url);
      this.sockets.push(socket);
      return socket;
    },
    later: (milliseconds, action) => {
      const timer = { at: this.time + milliseconds, action };
      this.timers.push(timer);
      return () => (this.timers = this.timers.filter((other) => other !== timer));
    },
    random: () => 0,
    now: () => this.time,
  });

  get socket(): FakeSocket {
    return this.sockets.at(-1)!;
  }
  pass(milliseconds: number) {
    const until = this.time + milliseconds;
    for (;;) {
      const next = this.timers.filter((timer) => timer.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = next.at;
      next.action();
    }
    this.time = until;
  }
  get pending() {
    return this.timers.length;
  }
}

const established = (seq: number) => ({ event: "connection_established", timestamp: "", message: "", seq });
const updated = (seq: number) => ({ event: "schedule_config_updated", seq });

function connected(): World {
  const world = new World();
  world.connection.start();
  world.socket.says(established(10));
  world.socket.says(updated(11));
  return world;
}

test("events reach the listener in order", () => {
  const world = connected();
  world.socket.says({ event: "pong" });
  assert.equal(world.socket.url, "ws://host/ws/sync");
  assert.deepEqual(world.heard, ["connected anew", "schedule_config_updated 11"]);
});

test("after a loss it asks for what it missed", () => {
  const world = connected();
  world.socket.onclose!();
  assert.equal(world.heard.at(-1), "waiting 250");
  world.pass(249);
  assert.equal(world.sockets.length, 1);
  world.pass(1);
  assert.equal(world.socket.url, "ws://host/ws/sync?since=11");
  world.socket.says(established(13));
  world.socket.says(updated(12));
  world.socket.says(updated(13));
  assert.deepEqual(world.heard.slice(-3), ["connected, replayed", "schedule_config_updated 12", "schedule_config_updated 13"]);
});

test("a loss in the middle of a replay asks for the rest of it", () => {
  const world = connected();
  world.socket.onclose!();
  world.pass(250);
  world.socket.says(established(20));
  world.socket.says(updated(12));
  world.socket.onclose!();
  world.pass(1000);
  assert.equal(world.socket.url, "ws://host/ws/sync?since=12");
});

test("a server that counts anew is read anew", () => {
  const world = connected();
  world.socket.onclose!();
  world.pass(250);
  world.socket.says(established(3));
  assert.equal(world.heard.at(-1), "connected anew");
  world.socket.onclose!();
  world.pass(1000);
  assert.equal(world.socket.url, "ws://host/ws/sync?since=3");
});

test("what the server no longer has is read anew", () => {
  const world = connected();
  world.socket.says({ event: "resync_required", seq: 500 });
  assert.equal(world.heard.at(-1), "connected anew");
  world.socket.onclose!();
  world.pass(250);
  assert.equal(world.socket.url, "ws://host/ws/sync?since=500");
});

test("pauses grow while it fails, and are short again after a success", () => {
  const world = connected();
  for (const pause of [250, 500, 1000, 2000]) {
    world.socket.onclose!();
    assert.equal(world.heard.at(-1), `waiting ${pause}`);
    world.pass(pause);
  }
  world.socket.says(established(12));
  world.socket.onclose!();
  assert.equal(world.heard.at(-1), "waiting 250");
});

test("silence is a loss: a ping that has no answer, a socket that does not open", () => {
  const world = connected();
  world.pass(pingEvery);
  assert.deepEqual(world.socket.sent, ["ping"]);
  world.socket.says({ event: "pong" });
  world.pass(pingEvery);
  const silent = world.socket;
  world.pass(pongWithin);
  assert.ok(silent.closed);
  assert.equal(world.heard.at(-1), "waiting 250");
  world.pass(250 + openWithin);
  assert.equal(world.heard.at(-1), "waiting 500");
});

test("what an old socket still says is not heard", () => {
  const world = connected();
  const old = world.socket;
  old.onclose!();
  world.pass(250);
  const heard = world.heard.length;
  old.says(updated(99));
  old.onclose!();
  assert.equal(world.heard.length, heard);
  assert.equal(world.sockets.length, 2);
});

test("a try at once, and none while it is connected", () => {
  const world = connected();
  world.connection.retryNow();
  assert.equal(world.sockets.length, 1);
  world.socket.onclose!();
  world.connection.retryNow();
  assert.equal(world.sockets.length, 2);
  assert.equal(world.pending, 1);
});

test("stopped, it stays stopped", () => {
  const world = connected();
  world.connection.stop();
  assert.ok(world.socket.closed);
  world.connection.retryNow();
  world.pass(1e6);
  assert.equal(world.sockets.length, 1);
  assert.equal(world.pending, 0);
});

test("a pause is at most half a minute and never less than half of what it could be", () => {
  assert.equal(pauseBefore(1, 0), 250);
  assert.equal(pauseBefore(1, 0.999), 500);
  assert.equal(pauseBefore(50, 0), 15_000);
  assert.ok(pauseBefore(50, 0.9999) <= 30_000 && pauseBefore(1000, 0.9999) > 29_000);
});
