// The unit tests: node test/run.mjs [NAME …], names as in test/NAME.test.ts. Bundled first, so that Node 18 can run them.
import * as esbuild from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const named = process.argv.slice(2).map((name) => `${name}.test.ts`);
const files = named.length > 0 ? named : readdirSync(here).filter((name) => name.endsWith(".test.ts"));
const out = mkdtempSync(join(tmpdir(), "lockstep-dashboard-"));
let status = 1;
try {
  await esbuild.build({
    absWorkingDir: here,
    entryPoints: files,
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node18",
    sourcemap: "inline",
    logLevel: "warning",
  });
  const bundles = readdirSync(out).map((name) => join(out, name));
  status = spawnSync(process.execPath, ["--enable-source-maps", "--test", ...bundles], { stdio: "inherit" }).status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
process.exit(status);
