// The protocol's document against the schema that AsyncAPI publishes. That the document is also true, a
// test of the server sees to.

import { readFileSync } from "node:fs";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { expect, it } from "vitest";

const read = (path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as object;

function faults(document: object) {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  const validate = ajv.compile(read("../../node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json"));
  return validate(document) ? [] : (validate.errors ?? []);
}

it("is valid AsyncAPI", () => {
  const document = read("../../../src/push/asyncapi.json");
  expect(faults(document)).toEqual([]);
  expect(faults({ ...document, operations: { hear: { action: "shout" } } })).not.toEqual([]);
});

it("names only what it holds", () => {
  const document = read("../../../src/push/asyncapi.json");
  const names = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]*)"/g)].map((match) => match[1] ?? "");
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) {
    const found = name
      .slice(1)
      .split("/")
      .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], document);
    expect(found, name).toBeDefined();
  }
});
