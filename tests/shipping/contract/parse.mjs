// Says what @asyncapi/parser finds wrong with the document on stdin, a line each; nothing is good.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { Parser } = createRequire(process.argv[2])("@asyncapi/parser");
const { diagnostics } = await new Parser().parse(readFileSync(0, "utf8"));
for (const each of diagnostics) {
  console.log(`${["error", "warning"][each.severity] ?? "hint"} ${each.path.join(".")}: ${each.message}`);
}
