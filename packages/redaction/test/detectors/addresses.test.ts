import fc from "fast-check";
import { Address6 } from "ip-address";
import validator from "validator";
import { describe, expect, it } from "vitest";
import { email, ipv4, ipv6 } from "../../src/index.ts";
import { found } from "../helpers.ts";

describe("email", () => {
  it("finds addresses in running text, without what surrounds them", async () => {
    for (const [text, value] of [
      ["mail ada@example.com.", "ada@example.com"],
      ["<ada.l+x@mail.example.co.uk>", "ada.l+x@mail.example.co.uk"],
      ["mailto:ada@example.com?subject=x", "ada@example.com"],
      ["email=ada@example.com&x=1", "ada@example.com"],
      ["'o'hara@example.com'", "o'hara@example.com"],
      ["ada&#64;example.com", "ada&#64;example.com"],
      ["ada%40example.com", "ada%40example.com"],
      ["邮箱ada@example.com是", "ada@example.com"],
      ["用户@例子.广告", "用户@例子.广告"],
      ["jürgen@köln.example", "jürgen@köln.example"],
      ["a@[192.168.0.1]", "a@[192.168.0.1]"],
    ]) {
      expect(await found(text as string, [email])).toEqual([`EMAIL:${value}`]);
    }
  });

  it("leaves handles, scopes, versions and file names", async () => {
    for (const text of [
      "@ada and a@b",
      "@scope/pkg@1.2.3",
      "logo@2x.png",
      "x @ y.com",
      "foo@ bar.com",
      "a@1.2",
    ]) {
      expect(await found(text, [email])).toEqual([]);
    }
  });

  it("finds whatever validator takes for a plain address", async () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9._+-]{0,20}[a-z0-9]$/);
    const host = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?\.[a-z]{2,8}$/);
    await fc.assert(
      fc.asyncProperty(name, host, async (local, domain) => {
        const value = `${local}@${domain}`;
        fc.pre(validator.isEmail(value));
        expect(await found(`to ${value} now`, [email])).toEqual([`EMAIL:${value}`]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("ipv4", () => {
  it("agrees with validator on four numbers", async () => {
    const part = fc.oneof(
      fc.integer({ min: 0, max: 300 }).map(String),
      fc.constantFrom("00", "01", "255", "256"),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 4, maxLength: 4 }), async (parts) => {
        const value = parts.join(".");
        expect(await found(`at ${value}!`, [ipv4])).toEqual(validator.isIP(value, 4) ? [`IP:${value}`] : []);
      }),
      { numRuns: 500 },
    );
  });

  it("takes a prefix along, leaves the port, versions and longer chains", async () => {
    expect(await found("10.0.0.0/8 10.0.0.1:80 1.2.3.4/33", [ipv4])).toEqual([
      "IP:10.0.0.0/8",
      "IP:10.0.0.1",
      "IP:1.2.3.4",
    ]);
    expect(await found("version 1.2.3.4, v1.2.3.4, 1.2.3.4.5, 1.3.6.1.4.1", [ipv4])).toEqual([]);
  });
});

describe("ipv6", () => {
  it("agrees with ip-address on random shapes", async () => {
    const group = fc.oneof(fc.stringMatching(/^[0-9a-f]{1,4}$/), fc.constantFrom("", "1", "12345", "g"));
    await fc.assert(
      fc.asyncProperty(fc.array(group, { minLength: 3, maxLength: 9 }), async (groups) => {
        const value = groups.join(":");
        fc.pre(/\d/.test(value));
        expect(await found(value, [ipv6])).toEqual(Address6.isValid(value) ? [`IP:${value}`] : []);
      }),
      { numRuns: 1_000 },
    );
  });

  it("takes zone and prefix along", async () => {
    expect(await found("fe80::1%eth0, 2001:db8::/32, ::ffff:10.0.0.1.", [ipv6])).toEqual([
      "IP:fe80::1%eth0",
      "IP:2001:db8::/32",
      "IP:::ffff:10.0.0.1",
    ]);
  });

  it("leaves times, scope operators and words", async () => {
    expect(await found("12:34:56, std::vector, a::b, ::, Foo::Bar", [ipv6])).toEqual([]);
  });
});
