// A schedule, a database and a daemon of a test's own, on the database that LOCKSTEP_TEST_DATABASE names: sqlite, or
// postgres (the cluster whose folder stands in the file that LOCKSTEP_TEST_POSTGRES names).
import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

const program = required("LOCKSTEP_PROGRAM");
export const backend = process.env.LOCKSTEP_TEST_DATABASE ?? "sqlite";
export const deadline = 60_000;

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

export const threeTasks = `tasks:
  # Everything that cannot be made again, once a night.
  - id: 1
    skill_name: daily_backup
    schedule_cron: "0 2 * * *"      # before the first deploys of the day
    next_run_at: "2030-11-23T02:00:00Z"
    params_json: {target: "s3://backups/main", keep_days: 30, recipients: [team@example.org], retry: {attempts: 3, delay_seconds: 10}}
    status: pending
    user_id: ops
  - id: 2
    skill_name: hourly_health_check
    schedule_cron: "@hourly"
    next_run_at: "2030-11-22T11:00:00Z"
    status: pending
  - id: 3
    skill_name: weekly_report
    schedule_cron: "30 7 * * mon"   # on the desk before the meeting
    next_run_at: "2030-11-23T07:30:00Z"
    params_json: {format: pdf}
    status: pending
    user_id: reports
`;

export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), "lockstep-dashboard-"));
  readonly yaml = join(this.folder, "schedule.yml");
  private readonly database = backend === "postgres" ? new PostgresDatabase() : new SqliteDatabase(join(this.folder, "tasks.db"));
  private daemon: ChildProcess | null = null;
  private log = "";
  private port = 0;
  private readonly openings: (() => Promise<void>)[] = [];

  /** `configuration`: more lines for lockstep.yml. Everything is gone when the test ends. */
  constructor(test: TestContext, text: string = threeTasks, configuration = "") {
    writeFileSync(this.yaml, text);
    writeFileSync(join(this.folder, "lockstep.yml"), `yaml: schedule.yml\ndatabase: ${JSON.stringify(this.database.url)}\n${configuration}`);
    test.after(async () => {
      for (const close of this.openings.reverse()) await close();
      await this.stop();
      this.database.drop();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  get address(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Something that uses the daemon, to be closed before it ends. */
  onEnd(close: () => Promise<void>): void {
    this.openings.push(close);
  }

  /** The daemon; the second time on the port of the first. */
  async start(environment: Record<string, string> = {}): Promise<void> {
    if (this.port === 0) this.port = await freePort();
    const daemon = spawn(program, ["serve", "--listen", `127.0.0.1:${this.port}`], { cwd: this.folder, env: this.environment(environment) });
    this.daemon = daemon;
    await within(deadline, "the daemon's start", new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        this.log += String(chunk);
        if (this.log.includes("listens on")) resolve();
      };
      daemon.stdout.on("data", read);
      daemon.stderr.on("data", read);
      daemon.once("exit", (status) => reject(new Error(`lockstep serve ended with ${status}:\n${this.log}`)));
    }));
    this.log = "";
  }

  async stop(): Promise<void> {
    const daemon = this.daemon;
    this.daemon = null;
    if (!daemon || daemon.exitCode !== null) return;
    const ended = new Promise<void>((resolve) => daemon.once("exit", () => resolve()));
    daemon.kill("SIGTERM");
    try {
      await within(deadline, "the daemon's end", ended);
    } catch (error) {
      daemon.kill("SIGKILL");
      throw error;
    }
  }

  lockstep(...words: string[]): string {
    return execFileSync(program, words, { cwd: this.folder, env: this.environment({}), encoding: "utf8", timeout: deadline });
  }

  sql(statement: string): string {
    return this.database.sql(statement);
  }

  read(): string {
    return readFileSync(this.yaml, "utf8");
  }

  /** Saves the file as editors do. */
  edit(change: (text: string) => string): void {
    const before = this.read();
    const after = change(before);
    assert.notEqual(after, before, "an edit that changes nothing");
    writeFileSync(`${this.yaml}.new`, after);
    renameSync(`${this.yaml}.new`, this.yaml);
  }

  /** One value, as text, of one task of the database. */
  value(id: number, column: string): string {
    return this.sql(`select ${column} from scheduled_tasks where id = ${id}`).trim();
  }

  private environment(more: Record<string, string>): Record<string, string> {
    const clean = Object.entries(process.env).filter(([name]) => !name.startsWith("LOCKSTEP_") && name !== "DATABASE_URL");
    return { ...(Object.fromEntries(clean) as Record<string, string>), ...more };
  }
}

class SqliteDatabase {
  readonly url: string;
  constructor(private readonly path: string) {
    this.url = `sqlite:${path}`;
  }
  sql(statement: string): string {
    return execFileSync("sqlite3", ["-cmd", ".timeout 10000", this.path, statement], { encoding: "utf8", timeout: deadline });
  }
  drop(): void {}  // it goes with the folder
}

let databases = 0;

class PostgresDatabase {
  readonly url: string;
  private readonly folder = readFileSync(required("LOCKSTEP_TEST_POSTGRES"), "utf8").trim();
  private readonly name = `dashboard_${process.pid}_${++databases}`;
  constructor() {
    this.psql("postgres", `create database ${this.name}`);
    this.url = `postgresql:///${this.name}?host=${this.folder}&user=postgres`;
  }
  sql(statement: string): string {
    return this.psql(this.name, statement);
  }
  drop(): void {
    this.psql("postgres", `drop database ${this.name} with (force)`);
  }
  private psql(database: string, statement: string): string {
    const words = ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", this.folder, "-U", "postgres", "-d", database, "-c", statement];
    return execFileSync("psql", words, { encoding: "utf8", timeout: deadline });
  }
}

async function freePort(): Promise<number> {
  // Below those that the kernel gives to outgoing connections, so that a daemon that is gone for a while finds its port free.
  for (let tries = 0; tries < 100; ++tries) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await new Promise<boolean>((resolve) => {
      const probe = createServer().once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
  throw new Error("no free port");
}

async function within<T>(milliseconds: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until `condition` holds. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + deadline;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
