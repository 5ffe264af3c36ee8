/** @file Redirects: each hop is judged as the first URL was. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { client, fetchOne, resolving, serve } from "./image-server.js";

/** A server that sends `/` on to `location(port)`, and counts what else it is asked for. */
async function redirecting(t: TestContext, location: (port: number) => string | undefined, status = 302) {
  const asked: (string | undefined)[] = [];
  const port: number = await serve(t, (request, response) => {
    asked.push(request.url);
    const target = request.url === "/" ? location(port) : undefined;
    if (request.url === "/") response.writeHead(status, target === undefined ? {} : { location: target });
    response.end("the picture");
  });
  return { port, asked, from: `http://127.0.0.1:${port}/` };
}

for (const status of [301, 302, 303, 307, 308]) {
  test(`a ${status} is followed, also to a path alone`, async (t) => {
    const { port, from } = await redirecting(t, () => "other?b=2", status);
    assert.equal(await fetchOne(client([port]), from), "the picture");
  });
}

for (const [to, reason] of [
  ["http://127.0.0.2:PORT/secret", "its host was not found, or has an address that is not public"],
  ["http://2130706434:PORT/secret", "its host was not found, or has an address that is not public"],
  ["http://169.254.169.254/latest/meta-data", "its host was not found, or has an address that is not public"],
  ["http://[::1]:PORT/", "its host was not found, or has an address that is not public"],
  ["http://127.0.0.1:1/", "its host is none that images are fetched from"],
  ["http://me:pass@127.0.0.1:PORT/secret", "a URL with a user name or password is not fetched"],
  ["file:///etc/passwd", "only http and https URLs are fetched"],
  ["ftp://127.0.0.1/", "only http and https URLs are fetched"],
  ["data:image/png;base64,QUJD", "only http and https URLs are fetched"],
] as const) {
  test(`a redirect to ${to} is not followed, and where it leads is not told`, async (t) => {
    const { port, asked, from } = await redirecting(t, (port) => to.replace("PORT", String(port)));
    await assert.rejects(fetchOne(client([port]), from), {
      code: "INVALID_INPUT",
      message: `http://127.0.0.1:${port}/…: redirected: ${reason}`,
    });
    assert.deepEqual(asked, ["/"]);
  });
}

test("a redirect from a host of the list to one that is not on it is not followed", async (t) => {
  const { port, asked } = await redirecting(t, (port) => `http://other.test:${port}/secret`);
  const resolver = resolving(["127.0.0.1"]);
  const images = client([], { IMAGE_URL_HOSTS: `listed.test:${port}` }, resolver);
  await assert.rejects(fetchOne(images, `http://listed.test:${port}/`), {
    message: `http://listed.test:${port}/…: redirected: its host is none that images are fetched from`,
  });
  assert.deepEqual(asked, ["/"]);
  assert.equal(resolver.asked(), 1);
});

test("the same name is judged anew at each hop: what it resolves to then is refused", async (t) => {
  const { port, asked } = await redirecting(t, () => "/again");
  const images = client([port], {}, resolving(["127.0.0.1"], ["127.0.0.2"]));
  await assert.rejects(fetchOne(images, `http://a.test:${port}/`), {
    message: /redirected: its host was not found/,
  });
  assert.deepEqual(asked, ["/"]);
});

for (const location of [undefined, "http://", `/${"x".repeat(8192)}`]) {
  test(`a redirect to ${location?.slice(0, 10) ?? "nowhere"} is an answer like any other`, async (t) => {
    const { port, from } = await redirecting(t, () => location);
    await assert.rejects(fetchOne(client([port]), from), {
      message: `http://127.0.0.1:${port}/…: answered 302`,
    });
  });
}

test("three redirects are followed, and a fourth is not; a loop ends the same way", async (t) => {
  let asked = 0;
  const port = await serve(t, (request, response) => {
    asked++;
    const left = Number(request.url?.slice(1));
    if (left > 0) response.writeHead(302, { location: request.url === "/99" ? "/99" : `/${left - 1}` });
    response.end("the picture");
  });
  const url = (left: number) => `http://127.0.0.1:${port}/${left}`;
  const message = `http://127.0.0.1:${port}/…: redirected more than 3 times`;
  assert.equal(await fetchOne(client([port]), url(3)), "the picture");
  assert.equal(asked, 4);
  await assert.rejects(fetchOne(client([port]), url(4)), { code: "INVALID_INPUT", message });
  asked = 0;
  await assert.rejects(fetchOne(client([port]), url(99)), { message });
  assert.equal(asked, 4);
});
