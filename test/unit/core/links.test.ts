import assert from "node:assert/strict";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Folder, type TextStore } from "../../../src/core/files.ts";
import type { StoredKey } from "../../../src/core/keys/vault.ts";
import { type IssuedLink, IssuedLinks } from "../../../src/core/links.ts";
import { Fingerprints } from "../../../src/core/rotation/fingerprint.ts";
import { Secret } from "../../../src/core/secret.ts";
import { MemorySecrets, MemoryTexts } from "../../support/memory.ts";

const [platform, s3] = ["https://platform.test", "https://s3.test"];
const hour = 3_600_000;
const begin = Date.parse("2026-11-24T10:00:00Z");

const [old, next] = [new Secret("the secret from before"), new Secret("the secret from after")];
const fingerprints = new Fingerprints(new MemorySecrets());

/** A ledger, and a clock and a stored key that only the test changes. */
function ledger(store: TextStore = new MemoryTexts(), [platformOrigin, s3Origin] = [platform, s3] as const) {
  const world: { now: number; key?: StoredKey | undefined } = { now: begin };
  const links = new IssuedLinks({
    store,
    platformOrigin,
    s3Origin,
    storedKey: async () => world.key,
    fingerprint: (secret) => fingerprints.of(secret),
    now: () => new Date(world.now),
  });
  return { world, links };
}

function link(key: string, hours = 1): IssuedLink {
  return { bucket: "b", key, expiresAt: new Date(begin + hours * hour) };
}

function stored(secret: Secret, held: readonly Secret[] = [], accepted = true): StoredKey {
  const at = new Date(begin);
  return {
    accessKeyId: "A",
    secret,
    held: held.map((one) => ({ secret: one, rotatedAt: at })),
    proof: { at, accepted },
  };
}

async function keys(links: IssuedLinks, userId = "u"): Promise<readonly string[]> {
  return (await links.alive(userId)).map(({ key }) => key);
}

test("links come back as they were recorded, the one that lives longest first, and outlive the process", async () => {
  const store = new MemoryTexts();
  const odd = { ...link("a//b/../☀️\n\"'"), bucket: "büro" };
  for (const one of [odd, link("week", 168), link("day", 24)]) await ledger(store).links.record("u", one, old);
  assert.deepEqual(await ledger(store).links.alive("u"), [link("week", 168), link("day", 24), odd]);
});

test("links are a user's own, at one platform and one S3 endpoint", async () => {
  const store = new MemoryTexts();
  await ledger(store).links.record("u", link("mine"), old);
  await ledger(store).links.record("v", link("other"), old);
  assert.deepEqual(await keys(ledger(store).links), ["mine"]);
  assert.deepEqual(await keys(ledger(store, ["https://else.test", s3]).links), []);
  assert.deepEqual(await keys(ledger(store, [platform, "https://else.test"]).links), []);
  const { world, links } = ledger(store);
  world.key = stored(next);
  await links.forgetDead("v");
  assert.deepEqual([await keys(ledger(store).links, "v"), await keys(ledger(store).links)], [[], ["mine"]]);
});

test("what has expired is not listed, and leaves the disk with the next link of anybody", async () => {
  const store = new MemoryTexts();
  const { world, links } = ledger(store);
  await links.record("u", link("hour", 1), old);
  await links.record("u", link("day", 24), old);
  world.now += hour - 1;
  assert.deepEqual(await keys(links), ["day", "hour"]);
  world.now += 1;
  assert.deepEqual(await keys(links), ["day"]);
  assert.equal(store.texts.size, 2);
  await links.record("v", link("other", 48), old);
  assert.equal(store.texts.size, 2);
  assert.deepEqual(await keys(links), ["day"]);
});

test("of more than 200 links of a user those that live longest stay", async () => {
  const store = new MemoryTexts();
  const { links } = ledger(store);
  await links.record("v", link("other"), old);
  for (let hours = 205; hours > 0; hours--) await links.record("u", link(`${hours}`, hours), old);
  const left = await keys(links);
  assert.deepEqual([left.length, left[0], left.at(-1)], [200, "205", "6"]);
  assert.deepEqual(await keys(links, "v"), ["other"]);
});

test("a link lives and dies with the secret that it is signed with", async () => {
  const { world, links } = ledger();
  await links.record("u", link("before", 1), old);
  await links.record("u", link("after", 2), next);
  const cases: readonly (readonly [string, StoredKey | undefined, readonly string[]])[] = [
    ["before the rotation", stored(old), ["before"]],
    ["while it is not proved", stored(old, [next]), ["after", "before"]],
    ["after it", stored(next), ["after"]],
    ["when S3 rejects what is stored", stored(next, [], false), []],
    ["when no key is stored to tell by", undefined, ["after", "before"]],
  ];
  for (const [when, key, expected] of cases) {
    world.key = key;
    assert.deepEqual(await keys(links), expected, when);
  }
});

test("what a rotation killed is forgotten once it is proved, and nothing when a key is forgotten or rejected", async () => {
  const store = new MemoryTexts();
  const { world, links } = ledger(store);
  await links.record("u", link("before", 1), old);
  await links.record("u", link("after", 2), next);
  for (const key of [undefined, stored(old, [next]), stored(old, [next], false)]) {
    world.key = key;
    await links.forgetDead("u");
  }
  assert.equal(store.texts.size, 2);
  world.key = stored(next);
  await links.forgetDead("u");
  assert.deepEqual([store.texts.size, await keys(links)], [1, ["after"]]);
});

test("where there are no links, SecretStorage is not asked", async () => {
  const fails = async () => assert.fail("it was asked");
  const origins = { platformOrigin: platform, s3Origin: s3 };
  const ports = { store: new MemoryTexts(), ...origins, storedKey: fails, fingerprint: fails, now: () => new Date() };
  const links = new IssuedLinks(ports);
  await links.forgetDead("u");
  assert.deepEqual(await links.alive("u"), []);
});

test("two windows that record at the same moment both do", async () => {
  const store = new MemoryTexts();
  const many = Array.from({ length: 20 }, (_, index) =>
    ledger(store).links.record("u", link(`${index}`, index + 1), old),
  );
  await Promise.all(many);
  assert.equal((await keys(ledger(store).links)).length, 20);
});

test("a file that is not ours to read is passed over, and removed", async () => {
  const store = new MemoryTexts();
  const { links } = ledger(store);
  await links.record("u", link("good"), old);
  const [name = ""] = store.texts.keys();
  store.texts.set(`${name}-half.json`, '{"bucket":"b","key":"k","expi');
  store.texts.set(`${name}-else.json`, '{"bucket":"b","key":"k","expiresAt":"tomorrow","signedWith":"x"}');
  assert.deepEqual(await keys(links), ["good"]);
  await links.record("u", link("next", 2), old);
  assert.deepEqual([store.texts.size, await keys(links)], [2, ["next", "good"]]);
});

test("on a real disk a link is one file, whatever the names in it", async () => {
  const dir = await mkdtemp(join(tmpdir(), "links-"));
  try {
    const { links } = ledger(new Folder(join(dir, "links")), ["https://p.test", "https://s3.test/../.."]);
    await links.record("../../u", link("../x/y"), old);
    assert.deepEqual(await keys(links, "../../u"), ["../x/y"]);
    const [file = "", ...others] = await readdir(join(dir, "links"));
    assert.deepEqual(others, []);
    assert.match(file, /^[0-9a-f]{32}-[0-9a-f-]{36}\.json$/);
    const fields = Object.keys(JSON.parse(await readFile(join(dir, "links", file), "utf8")) as object);
    assert.deepEqual(fields, ["bucket", "key", "expiresAt", "signedWith"]);
  } finally {
    await rm(dir, { recursive: true });
  }
});
