// Checks the OpenAPI document with a validator of its own, and every recorded exchange against the document:
// node check.mjs DOCUMENT [RECORDING]
//
// RECORDING has one JSON object a line: what was asked and what was answered (tests/api/api_world.hpp).
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { readFileSync } from "node:fs";

const [documentPath, recordingPath] = process.argv.slice(2);
const document = JSON.parse(readFileSync(documentPath, "utf8"));
const faults = [];

const validity = await new Validator().validate(structuredClone(document));
if (!validity.valid) faults.push(`the document is not OpenAPI 3.1: ${JSON.stringify(validity.errors, null, 1)}`);

const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true, validateFormats: true });
addFormats(ajv);
const local = (schema) => JSON.parse(JSON.stringify(schema).replaceAll("#/components/schemas/", "components#/$defs/"));
ajv.addSchema({ $id: "components", $defs: local(document.components.schemas) });
const validatorOf = (schema) => ajv.compile(local(schema));
// Each is compiled, so that one that says nothing sensible is found even if nothing uses it.
for (const name of Object.keys(document.components.schemas)) validatorOf({ $ref: `#/components/schemas/${name}` });

const templates = Object.keys(document.paths).map((template) => ({
  template,
  pattern: new RegExp(`^${template.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}$`),
}));
// Literal paths go before those with a variable, as in the program.
templates.sort((a, b) => a.template.includes("{") - b.template.includes("{"));

const problem = validatorOf({ $ref: "#/components/schemas/Problem" });
const used = new Set();

function pathOf(target) {
  const path = target.split("?")[0];
  try {
    return decodeURIComponent(path);
  } catch {
    return path;  // malformed, as some tests send it
  }
}

function checkExchange(exchange) {
  const path = pathOf(exchange.target);
  const method = (exchange.method === "HEAD" ? "GET" : exchange.method).toLowerCase();
  const candidates = templates.filter(({ pattern }) => pattern.test(path)).map(({ template }) => template);
  const template = candidates.find((candidate) => document.paths[candidate][method]);
  const name = `${exchange.method} ${exchange.target} -> ${exchange.status}`;
  const body = exchange.content_type.includes("json") ? JSON.parse(exchange.body) : exchange.body;
  if (!template) {  // no such path or method: only problems come from there
    if (exchange.status >= 400 && !problem(body)) return [`${name}: not a problem object: ${exchange.body}`];
    return [];
  }
  const operation = document.paths[template][method];
  const response = operation.responses[exchange.status];
  if (!response) return [`${name}: ${method} ${template} documents no ${exchange.status}: ${exchange.body}`];
  used.add(`${method} ${template} ${exchange.status}`);
  const found = [];
  for (const header of Object.keys(response.headers ?? {}))
    if (!(header in exchange.headers)) found.push(`${name}: the header ${header} is documented and missing`);
  const type = exchange.content_type;
  if (!response.content) return type === "" && exchange.body === "" ? found : [...found, `${name}: a body that is not documented`];
  const media = response.content[type];
  if (!media) return [...found, `${name}: documented are ${Object.keys(response.content)}, not ${type}`];
  media.validate ??= validatorOf(media.schema);
  if (!media.validate(body)) found.push(`${name}: ${ajv.errorsText(media.validate.errors, { separator: "\n  " })}\n  in ${exchange.body.slice(0, 600)}`);
  return found;
}

let count = 0;
if (recordingPath) {
  for (const line of readFileSync(recordingPath, "utf8").split("\n")) {
    if (!line) continue;
    ++count;
    faults.push(...checkExchange(JSON.parse(line)));
  }
  if (count === 0) faults.push("nothing was recorded");
  // Success of every route is among what was recorded; streams are the server's to test.
  for (const [template, item] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(item)) {
      if (operation.tags.includes("Events")) continue;
      const successes = Object.keys(operation.responses).filter((status) => status < 300 || status === "304");
      for (const status of successes)
        if (!used.has(`${method} ${template} ${status}`)) faults.push(`no recorded exchange shows ${method} ${template} ${status}`);
    }
}

for (const fault of faults) console.error(fault);
console.log(`${Object.keys(document.paths).length} paths, ${count} exchanges, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
