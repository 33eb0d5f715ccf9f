// Runs tests with Node's own runner: node test/run.mjs [FOLDER [NAME …]]; FOLDER is test (default) or e2e, names are as in
// FOLDER/NAME.test.ts. They are bundled first, so that Node 18 can run them.
import * as esbuild from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const [folder = "test", ...names] = process.argv.slice(2);
const suffix = ".test.ts";
const files = names.length > 0 ? names.map((name) => name + suffix) : readdirSync(join(web, folder)).filter((name) => name.endsWith(suffix));

// Inside node_modules: packages that are not bundled are found from there.
const cache = join(web, "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
const out = mkdtempSync(join(cache, "tests-"));
let status = 1;
try {
  await esbuild.build({
    absWorkingDir: join(web, folder),
    entryPoints: files,
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node18",
    sourcemap: "inline",
    logLevel: "warning",
  });
  const bundles = readdirSync(out).map((name) => join(out, name));
  // One after the other: each may have a browser of its own.
  const runner = ["--enable-source-maps", "--test", "--test-concurrency=1", ...bundles];
  status = spawnSync(process.execPath, runner, { stdio: "inherit" }).status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
process.exit(status);
