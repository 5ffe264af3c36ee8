import assert from "node:assert/strict";
import { test } from "node:test";
import { ReachableAddresses } from "../../src/remote-images/reachable-addresses.js";

const PUBLIC = [
  "1.1.1.1",
  "8.8.8.8",
  "20.60.1.1",
  "100.63.255.255",
  "100.128.0.0",
  "172.32.0.1",
  "2606:4700::1111",
  "2a01:111::1",
];
const REFUSED = {
  unspecified: ["0.0.0.0", "0.1.2.3", "::"],
  loopback: ["127.0.0.1", "127.255.255.254", "::1"],
  private: ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1"],
  "carrier-grade NAT, with a cloud's metadata in it": ["100.64.0.1", "100.127.255.255", "100.100.100.200"],
  "link-local, with clouds' metadata in it": ["169.254.169.254", "169.254.170.2", "fe80::1", "fe80::1%eth0"],
  "unique local, with a cloud's metadata in it": ["fc00::1", "fdff::1", "fd00:ec2::254"],
  "site-local": ["fec0::1"],
  multicast: ["224.0.0.1", "239.255.255.255", "ff02::1"],
  broadcast: ["255.255.255.255"],
  reserved: [
    "192.0.0.192",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "240.0.0.1",
    "2001:db8::1",
  ],
  "IPv4-mapped": ["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:8.8.8.8", "0:0:0:0:0:ffff:a9fe:a9fe"],
  "IPv4-compatible": ["::127.0.0.1", "::7f00:1", "::8.8.8.8"],
  "IPv4-translated": ["::ffff:0:127.0.0.1"],
  NAT64: ["64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::7f00:1"],
  "6to4": ["2002:7f00:1::", "2002:808:808::1"],
  Teredo: ["2001:0:1::1"],
  "never handed out": ["1::1", "4000::1", "fe00::1", "::2"],
  "Azure's platform": ["168.63.129.16"],
  "no address": ["", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "8.8.8.8 ", "[::1]"],
};

test("public addresses may be connected to", () => {
  const reachable = new ReachableAddresses([]);
  assert.deepEqual(
    PUBLIC.filter((address) => !reachable.includes(address)),
    [],
  );
});

for (const [what, addresses] of Object.entries(REFUSED)) {
  test(`an address may not be connected to that is ${what}`, () => {
    const reachable = new ReachableAddresses([]);
    assert.deepEqual(
      addresses.filter((address) => reachable.includes(address)),
      [],
    );
  });
}

test("an exception reaches as far as it says, and not to the same address written in another family", () => {
  const reachable = new ReachableAddresses(["127.0.0.1", "10.1.0.0/16", "fd00:1::/32"]);
  const asked = [
    "127.0.0.1",
    "127.0.0.2",
    "::ffff:127.0.0.1",
    "10.1.255.255",
    "10.2.0.0",
    "fd00:1::9",
    "fd00:2::9",
    "::1",
  ];
  assert.deepEqual(
    asked.filter((address) => reachable.includes(address)),
    ["127.0.0.1", "10.1.255.255", "fd00:1::9"],
  );
});

for (const range of [
  "10.0.0.0/33",
  "fd00::/129",
  "10.0.0/8",
  "010.0.0.1",
  "127.1",
  "10.0.0.0/",
  "10.0.0.0/8/8",
  "fe80",
  "1:2",
  "",
]) {
  test(`an exception is refused at start that is ${JSON.stringify(range)}`, () => {
    assert.throws(() => new ReachableAddresses([range]), {
      code: "INVALID_SETTING",
      message: new RegExp(`^IMAGE_URL_PRIVATE_ADDRESSES has "${range.replaceAll(".", "\\.")}"`),
    });
  });
}
