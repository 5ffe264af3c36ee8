/** @file Which URLs are fetched, from which addresses, and what is told of those that are not. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { test } from "node:test";
import { readSettings } from "../../src/config/settings.js";
import { createRemoteImages } from "../../src/remote-images/remote-images.js";
import { client, fetchOne, portOf, resolving, serve, serveTls } from "./image-server.js";

const NOT_PUBLIC = "its host was not found, or has an address that is not public";
const tlsFile = (name: string) => readFile(new URL(`../../../test/fixtures/tls/${name}`, import.meta.url));

test("a URL's bytes are fetched with nothing but its path, its query and this server's name", async (t) => {
  const seen: unknown[] = [];
  const port = await serve(t, (request, response) => {
    seen.push({ method: request.method, url: request.url, headers: request.headers });
    response.end(Buffer.from([0, 255, 10]));
  });
  const url = `http://127.0.0.1:${port}/a%20b?sig=x%2By#part`;
  assert.equal(await fetchOne(client([port]), url), "\0\xff\n");
  assert.deepEqual(seen, [
    {
      method: "GET",
      url: "/a%20b?sig=x%2By",
      headers: {
        accept: "image/*",
        "accept-encoding": "identity",
        "user-agent": "inpaint-server",
        host: `127.0.0.1:${port}`,
        connection: "close",
      },
    },
  ]);
});

test("no host named: there is no client", () => {
  assert.equal(createRemoteImages(readSettings({})), undefined);
});

test("a bad range is refused although no host is named", () => {
  const settings = readSettings({ IMAGE_URL_PRIVATE_ADDRESSES: "10.0.0.0/99" });
  assert.throws(() => createRemoteImages(settings), { code: "INVALID_SETTING" });
});

test("what is refused before anything is resolved", async (t) => {
  const resolver = resolving(["127.0.0.1"]);
  const images = client([], { IMAGE_URL_HOSTS: "a.test", IMAGE_URL_ALLOW_HTTP: "false" }, resolver);
  const withHttp = client([], { IMAGE_URL_HOSTS: "a.test" }, resolver);
  for (const [from, url, message] of [
    [images, "http://a.test/x?sig=1", "http://a.test/…: only https URLs are fetched"],
    [withHttp, "ftp://a.test/x", "ftp://a.test/…: only http and https URLs are fetched"],
    [images, "https://b.test/x?sig=1", "https://b.test/…: its host is none that images are fetched from"],
    [images, "https://a.test:444/x", "https://a.test:444/…: its host is none that images are fetched from"],
    [
      images,
      "https://me:secret@a.test/",
      "https://a.test/…: a URL with a user name or password is not fetched",
    ],
    [images, "https://me@a.test/", "https://a.test/…: a URL with a user name or password is not fetched"],
    [images, "https://", "is no valid URL"],
    [images, "https://[fe80::1%25eth0]/", "is no valid URL"],
    [images, `https://a.test/${"x".repeat(8192)}`, "a URL of more than 8192 characters is not fetched"],
  ] as const) {
    await t.test(message, async () => {
      await assert.rejects(fetchOne(from, url), { code: "INVALID_INPUT", message });
    });
  }
  assert.equal(resolver.asked(), 0);
});

test("no way of writing an address that is not public reaches it, though any host is allowed", async (t) => {
  let reached = 0;
  const port = await serve(t, (_request, response) => {
    reached++;
    response.end();
  });
  const images = client([port], { IMAGE_URL_PRIVATE_ADDRESSES: "127.0.0.3" });
  for (const host of [
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "0",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::7f00:1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "127.0.0.2",
    "①②⑦.0.0.1",
    "169.254.169.254",
    "168.63.129.16",
    "100.64.0.1",
  ]) {
    await t.test(host, async () => {
      await assert.rejects(fetchOne(images, `http://${host}:${port}/`), (error: Error) => {
        assert.ok(error.message.endsWith(`: ${NOT_PUBLIC}`), error.message);
        return true;
      });
    });
  }
  assert.equal(reached, 0);
});

test("the exception is for one address: the server answers there, and another loopback address is refused", async (t) => {
  const port = await serve(t, (_request, response) => response.end("ok"));
  const images = client([port]);
  assert.equal(await fetchOne(images, `http://127.0.0.1:${port}/`), "ok");
  await assert.rejects(fetchOne(images, `http://127.0.0.2:${port}/`), { message: new RegExp(NOT_PUBLIC) });
});

test("a name is resolved once and its answer is what is connected to: rebinding comes too late", async (t) => {
  const port = await serve(t, (_request, response) => response.end("the first address"));
  const url = `http://rebinding.test:${port}/`;
  const first = resolving(["127.0.0.1"], ["127.0.0.2"]);
  assert.equal(await fetchOne(client([port], {}, first), url), "the first address");
  assert.equal(first.asked(), 1);

  const secret = resolving(["127.0.0.2"], ["127.0.0.1"]);
  await assert.rejects(fetchOne(client([port], {}, secret), url), {
    message: `http://rebinding.test:${port}/…: ${NOT_PUBLIC}`,
  });
  assert.equal(secret.asked(), 1);
});

test("one private address among a name's public ones spoils it", async () => {
  for (const addresses of [["8.8.8.8", "10.0.0.1"], ["8.8.8.8", "fe80::1%eth0"], ["not an address"], []]) {
    await assert.rejects(fetchOne(client([], {}, resolving(addresses)), "http://mixed.test/"), {
      code: "INVALID_INPUT",
      message: `http://mixed.test/…: ${NOT_PUBLIC}`,
    });
  }
});

test("a name that does not exist is told as one that is private", async () => {
  const missing = async () => {
    throw Object.assign(new Error("getaddrinfo ENOTFOUND db.internal"), { code: "ENOTFOUND" });
  };
  await assert.rejects(fetchOne(client([], {}, missing), "http://db.internal/"), {
    code: "INVALID_INPUT",
    message: `http://db.internal/…: ${NOT_PUBLIC}`,
  });
});

test("the proxy variables of the environment are not read", async (t) => {
  let proxied = 0;
  const proxy = await serve(t, (_request, response) => {
    proxied++;
    response.end("from the proxy");
  });
  const port = await serve(t, (_request, response) => response.end("direct"));
  for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]) {
    const before = process.env[name];
    process.env[name] = `http://127.0.0.1:${proxy}`;
    t.after(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
  assert.equal(await fetchOne(client([port]), `http://127.0.0.1:${port}/`), "direct");
  assert.equal(proxied, 0);
});

test("a certificate that nobody vouches for is refused, whatever Node's own variable says", async (t) => {
  let reached = 0;
  const tls = { key: await tlsFile("key.pem"), cert: await tlsFile("certificate.pem") };
  const port = await serveTls(t, tls, (_request, response) => {
    reached++;
    response.end();
  });
  const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  t.after(() => {
    if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
  });
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
  const message = `https://127.0.0.1:${port}/…: no TLS connection that can be trusted`;
  await assert.rejects(fetchOne(client([port]), `https://127.0.0.1:${port}/x`), {
    code: "INVALID_INPUT",
    message,
  });
  assert.equal(reached, 0);
});

test("https to a port that speaks none", async (t) => {
  const port = await serve(t, (_request, response) => response.end());
  await assert.rejects(fetchOne(client([port]), `https://127.0.0.1:${port}/`), {
    message: `https://127.0.0.1:${port}/…: no TLS connection that can be trusted`,
  });
});

/** What is written on the connection → what is told. */
const BAD_ANSWERS: Readonly<Record<string, readonly [string, string]>> = {
  "no HTTP": ["220 smtp.internal ESMTP\r\n", "its host did not answer as HTTP asks"],
  "two lengths": [
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "its host did not answer as HTTP asks",
  ],
  "a length that is none": [
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab",
    "its host did not answer as HTTP asks",
  ],
  "endless headers": [`HTTP/1.1 200 OK\r\nX: ${"a".repeat(40_000)}`, "its host did not answer as HTTP asks"],
  "another protocol": [
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    "its host could not be reached, or broke off",
  ],
  nothing: ["", "its host could not be reached, or broke off"],
  "less than it promises": [
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab",
    "its host could not be reached, or broke off",
  ],
  "a chunk that is none": [
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabXX",
    "its host could not be reached, or broke off",
  ],
};

for (const [what, [bytes, reason]] of Object.entries(BAD_ANSWERS)) {
  test(`a host that answers with ${what}`, async (t) => {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end(bytes));
    });
    t.after(() => server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const port = portOf(server.address());
    await assert.rejects(fetchOne(client([port]), `http://127.0.0.1:${port}/secret?sig=1`), {
      code: "INVALID_INPUT",
      message: `http://127.0.0.1:${port}/…: ${reason}`,
    });
  });
}

test("a port where nobody listens", async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server.address());
  await new Promise((resolve) => server.close(resolve));
  t.diagnostic(`port ${port}`);
  await assert.rejects(fetchOne(client([port]), `http://127.0.0.1:${port}/`), {
    message: `http://127.0.0.1:${port}/…: its host could not be reached, or broke off`,
  });
});

test("any status but 200 is told by its number, and nothing of what came with it", async (t) => {
  const port = await serve(t, (request, response) => {
    response.writeHead(Number(request.url?.slice(1)), { "x-internal": "10.0.0.1" });
    response.end("secret of the remote");
  });
  for (const status of [201, 204, 206, 300, 304, 403, 404, 500]) {
    await assert.rejects(fetchOne(client([port]), `http://127.0.0.1:${port}/${status}`), {
      code: "INVALID_INPUT",
      message: `http://127.0.0.1:${port}/…: answered ${status}`,
    });
  }
});
