import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings } from "../../src/config/settings.js";
import { HostList } from "../../src/remote-images/host-list.js";

/** Entry → URLs that it covers, and URLs that it does not. */
const CASES: Readonly<Record<string, { readonly yes: readonly string[]; readonly no: readonly string[] }>> = {
  "images.example.com": {
    yes: [
      "https://images.example.com/a.png",
      "https://IMAGES.example.com:443/",
      "http://images.example.com/",
    ],
    no: [
      "https://example.com/",
      "https://a.images.example.com/",
      "https://images.example.com.evil.test/",
      "https://images.example.com:8443/",
      "http://images.example.com:443/",
      "https://images.example.com./",
      "https://evil.test/images.example.com",
      "https://evil.test\\@images.example.com/",
    ],
  },
  "*.Example.com": {
    yes: ["https://a.example.com/", "https://b.a.example.com/"],
    no: [
      "https://example.com/",
      "https://badexample.com/",
      "https://.example.com/",
      "https://example.com.evil.test/",
    ],
  },
  "*": {
    yes: ["https://a.test/", "https://1.2.3.4/", "https://[2606:4700::1]/"],
    no: ["https://a.test:8443/"],
  },
  "*:8443": { yes: ["https://a.test:8443/", "http://a.test:8443/"], no: ["https://a.test/"] },
  "store.test:8443": {
    yes: ["https://store.test:8443/"],
    no: ["https://store.test/", "https://store.test:8444/"],
  },
  "10.0.0.9": {
    yes: ["https://10.0.0.9/", "https://0xa.9/", "https://167772169/"],
    no: ["https://10.0.0.8/"],
  },
  "[2606:4700:0::1]:8443": {
    yes: ["https://[2606:4700::1]:8443/"],
    no: ["https://[2606:4700::1]/", "https://[::1]:8443/"],
  },
  my_store: { yes: ["https://my_store/"], no: ["https://my-store/"] },
};

for (const [entry, { yes, no }] of Object.entries(CASES)) {
  test(`the host list's entry ${entry}`, () => {
    const list = new HostList(readSettings({ IMAGE_URL_HOSTS: entry }).imageUrlHosts);
    assert.deepEqual(
      yes.filter((url) => !list.includes(new URL(url))),
      [],
      "covered",
    );
    assert.deepEqual(
      no.filter((url) => list.includes(new URL(url))),
      [],
      "not covered",
    );
  });
}

for (const entry of [
  "https://a.test",
  "a.test/path",
  "a test",
  "*.*.test",
  "a*.test",
  "-",
  "user@a.test",
  "::1",
  "a.test:",
  "1.2.3.999",
  "a.test,",
]) {
  test(`no host list is ${entry}`, () => {
    assert.throws(() => new HostList(readSettings({ IMAGE_URL_HOSTS: entry }).imageUrlHosts), {
      code: "INVALID_SETTING",
      message: /^IMAGE_URL_HOSTS /,
    });
  });
}
