/** @file Who may import whom, and which room owns which package: the README's layout as a test. */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { test } from "node:test";
import { rootPath } from "./support/paths.js";

const SCHEDULER_FAMILIES = ["alpha", "k-diffusion", "solver"].map((name) => `diffusion/scheduler/${name}`);

/** Room → rooms it may import, besides itself. What is absent is forbidden. A longer path is a room of its own. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  async: [],
  tensor: ["errors"],
  config: ["errors"],
  observability: ["errors", "config"],
  diffusion: ["errors", "tensor", ...SCHEDULER_FAMILIES],
  // a family of schedulers knows what all of them share, and no other family
  ...Object.fromEntries(SCHEDULER_FAMILIES.map((family) => [family, ["errors", "tensor", "diffusion"]])),
  tokenizer: ["errors", "tensor"],
  onnx: ["errors", "tensor"],
  checkpoint: ["errors", "tensor", "async"],
  // a room of its own, so that the server never loads the hub's library
  "checkpoint/pull": ["errors", "async", "checkpoint"],
  networks: ["errors", "tensor", "onnx", "checkpoint"],
  runtime: ["errors", "tensor", "diffusion", "networks", "onnx", "checkpoint"],
  engine: ["errors", "async", "tensor", "diffusion", "observability"],
  "engine/worker": ["errors", "async", "tensor", "diffusion", "engine", "runtime", "tokenizer", "checkpoint"],
  image: ["errors", "async", "tensor"],
  safety: ["errors", "async", "tensor", "config", "observability"],
  "remote-images": ["errors", "async", "config"],
  scoring: ["errors", "async", "tensor", "diffusion", "observability"],
  http: ["errors", "async", "config", "observability", "scoring"],
};

/** Package (or built-in module) → the only rooms that import it. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  "@azure-rest/ai-content-safety": ["safety"],
  "@azure/core-auth": ["safety"],
  "@azure/identity": ["safety"],
  "@azure/monitor-opentelemetry-exporter": ["observability"],
  "@fastify/cors": ["http"],
  "@huggingface/hub": ["checkpoint/pull"],
  "@huggingface/tokenizers": ["tokenizer"],
  "@opentelemetry/api": ["observability"],
  "@opentelemetry/sdk-node": ["observability"],
  ajv: ["scoring"],
  "cli-progress": ["bin"],
  commander: ["bin"],
  fastify: ["http"],
  "ipaddr.js": ["remote-images"],
  "lru-cache": ["engine", "safety"],
  "node:child_process": ["engine", "bin"],
  "node:dns": ["remote-images"],
  "node:https": ["remote-images"],
  "onnxruntime-node": ["runtime"],
  pino: ["observability"],
  "prom-client": ["observability"],
  protobufjs: ["onnx"],
  sharp: ["image"],
  yaml: ["checkpoint"],
  yauzl: ["checkpoint"],
  zod: ["checkpoint"],
};

interface Import {
  readonly file: string;
  readonly room: string;
  readonly specifier: string;
}

const rooms = Object.keys(MAY_IMPORT).sort((a, b) => b.length - a.length);

/** The room of a path below src/; bin/ is outside the table and may import everything. */
const roomOf = (path: string) =>
  rooms.find((room) => path.startsWith(`${room}/`)) ?? path.split("/")[0] ?? path;

async function allImports(): Promise<readonly Import[]> {
  const src = join(rootPath, "src");
  const files = (await readdir(src, { recursive: true })).filter((name) => name.endsWith(".ts"));
  const found = await Promise.all(
    files.map(async (name) => {
      const file = name.split(sep).join("/");
      const text = await readFile(join(src, name), "utf8");
      const specifiers = [
        ...text.matchAll(
          /^(?:import|export)\b[^;]*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm,
        ),
      ];
      return specifiers.map((match) => ({
        file,
        room: roomOf(file),
        specifier: match[1] ?? match[2] ?? match[3] ?? "",
      }));
    }),
  );
  return found.flat();
}

const imports = await allImports();
const own = imports.filter(({ specifier }) => specifier.startsWith("."));
const foreign = imports.filter(({ specifier }) => !specifier.startsWith("."));

test("the imports were found", () => {
  assert.ok(own.length > 100, `${own.length} imports between files`);
  for (const name of Object.keys(OWNERS)) {
    assert.ok(
      foreign.some(({ specifier }) => packageOf(specifier) === name),
      `nobody imports ${name}`,
    );
  }
});

test("a room imports only the rooms the table allows", () => {
  const violations = own.flatMap(({ file, room, specifier }) => {
    if (room === "bin") return [];
    const target = roomOf(
      relative("src", join("src", dirname(file), specifier))
        .split(sep)
        .join("/"),
    );
    const allowed = MAY_IMPORT[room];
    assert.ok(allowed, `src/${file}: the room ${room} is not in the table`);
    return target === room || allowed.includes(target)
      ? []
      : [`src/${file} imports ${specifier} (${target})`];
  });
  assert.deepEqual(violations, []);
});

test("a package is imported by its owner alone", () => {
  const violations = foreign.flatMap(({ file, room, specifier }) => {
    const name = packageOf(specifier);
    const owners = OWNERS[name];
    if (owners === undefined)
      return name.startsWith("node:") ? [] : [`src/${file} imports ${name}, which has no owner`];
    return owners.includes(room) || owners.includes(room.split("/")[0] ?? room)
      ? []
      : [`src/${file} imports ${name}`];
  });
  assert.deepEqual(violations, []);
});

test("only config and bin read the environment", async () => {
  const src = join(rootPath, "src");
  const files = (await readdir(src, { recursive: true })).filter((name) => name.endsWith(".ts"));
  for (const name of files) {
    const text = await readFile(join(src, name), "utf8");
    const room = roomOf(name.split(sep).join("/"));
    // ONNX Runtime has no other switch for what this one sets.
    const isSwitch = name === join("runtime", "no-telemetry.ts");
    if (room !== "config" && room !== "bin" && !isSwitch) {
      assert.ok(!text.includes("process.env"), `src/${name}`);
    }
  }
});

test("diffusion and tensor are pure: no third-party and no built-in module", () => {
  const pure = foreign.filter(({ room }) => ["diffusion", "tensor"].includes(room.split("/")[0] ?? room));
  assert.deepEqual(pure, []);
});

test("no file is longer than 400 lines", async () => {
  for (const folder of ["src", "test"]) {
    for (const name of await readdir(join(rootPath, folder), { recursive: true })) {
      if (!name.endsWith(".ts") || name.endsWith(".generated.ts")) continue;
      const lines = (await readFile(join(rootPath, folder, name), "utf8")).split("\n").length;
      assert.ok(lines <= 401, `${folder}/${name} has ${lines} lines`);
    }
  }
});

/** `@scope/name/deep/path` → `@scope/name`; built-in modules keep their prefix. */
function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] ?? specifier);
}
