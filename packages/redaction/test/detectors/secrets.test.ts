import { describe, expect, it } from "vitest";
import { secretDetectors } from "../../src/index.ts";
import { found, SECRETS } from "../helpers.ts";

const secrets = (text: string): Promise<string[]> => found(text, secretDetectors);
const TOKEN = "q7Wk2ZxT9vLmR4sYbN8c";

describe("secretDetectors", () => {
  it.each(Object.entries(SECRETS))("find a secret by its form: %s", async (_, secret) => {
    expect(await secrets(`see ${secret} here`)).toEqual([`SECRET:${secret}`]);
    expect(await secrets(`"${secret}"`)).toEqual([`SECRET:${secret}`]);
  });

  it("leave stand-ins and words of the same form", async () => {
    for (const text of [
      `ghp_${"x".repeat(36)}`,
      "xoxb-my-bot-token-for-you",
      "sk-estonia-and-other-places-in-europe",
      "AKIAxxxxxxxxxxxxxxxx",
      "a-long-name-in-kebab-case-of-a-file",
      "SOME_CONSTANT_IN_CAPITALS_AND_LONG",
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    ]) {
      expect(await secrets(text)).toEqual([]);
    }
  });

  it("find what is assigned to the name of a secret", async () => {
    for (const [text, value] of [
      [`API_KEY=${TOKEN}`, TOKEN],
      [`"client_secret": "${TOKEN}"`, TOKEN],
      [`db.password = 'hunter2!'`, "hunter2!"],
      [`  password: s3cretive`, "s3cretive"],
      [`const accessToken = "${TOKEN}";`, TOKEN],
      [`https://x.example/?access_token=${TOKEN}&b=1`, TOKEN],
      [`AccountKey=${TOKEN}==;`, `${TOKEN}==`],
      [`Client secret: ${TOKEN}`, TOKEN],
    ]) {
      expect(await secrets(text as string)).toEqual([`SECRET:${value}`]);
    }
  });

  it("leave other names, variables, types, calls and links", async () => {
    for (const text of [
      `public_key = "${TOKEN}"`,
      `bucket_key: ${TOKEN}`,
      `secret_name = "${TOKEN}"`,
      `token_url: https://example.com/oauth/token1`,
      "password: string",
      "password = required",
      "password: $" + "{DB_PASSWORD_1}",
      "password=process.env.PASSWORD1",
      "token = getToken(user1, 12345)",
      "apiKey: your-api-key-goes-here-1",
      "commit: 43fc912ef59a83054ea7f6706df4d53a7dea4d80",
    ]) {
      expect(await secrets(text)).toEqual([]);
    }
  });

  it("find what a sentence announces", async () => {
    expect(await secrets(`The key is ${TOKEN}, do not share it.`)).toEqual([`SECRET:${TOKEN}`]);
    expect(await secrets("the password is hunter2now, ok")).toEqual(["SECRET:hunter2now"]);
    expect(await secrets("<password>hunter2!</password>")).toEqual(["SECRET:hunter2!"]);
    expect(await secrets("the password is required, the key is important")).toEqual([]);
  });

  it("find the credentials of a header, a command line and a link, and leave the rest", async () => {
    for (const [text, value] of [
      ["Authorization: Basic YnJvd3Nlcjpub3Q=", "YnJvd3Nlcjpub3Q="],
      [`authorization: Bearer ${TOKEN}`, TOKEN],
      ["curl -u elastic:P@ssw0rd1 https://localhost:9200", "P@ssw0rd1"],
      [`curl --user "${TOKEN}:" https://x.example`, TOKEN],
      ["postgres://app:s3cr3t@db.example:5432/app", "s3cr3t"],
      [`https://${TOKEN}@git.example/x.git`, TOKEN],
      [`https://hooks.slack.com/services/T0DCUJB1Q/B0DD08H5G/${TOKEN}`, `T0DCUJB1Q/B0DD08H5G/${TOKEN}`],
    ]) {
      expect(await secrets(text as string)).toEqual([`SECRET:${value}`]);
    }
    for (const text of [
      "Authorization: Bearer $API_KEY",
      "Authorization: Token **********",
      'curl -u "$' + "{USER}:$" + '{PASS}" https://x.example',
      "https://user:password@host.example/",
      "https://example.com/@ada",
      "ssh://git@github.example/x.git",
    ]) {
      expect(await secrets(text)).toEqual([]);
    }
  });

  it("find a private key that is cut off, up to where it ends", async () => {
    const cut = SECRETS.pem.slice(0, SECRETS.pem.indexOf("\n-----END"));
    expect(await secrets(`${cut}\n\nNext: words`)).toEqual([`SECRET:${cut}`]);
  });

  it("find a private key whose line breaks are escaped, as in JSON", async () => {
    const escaped = SECRETS.pem.replaceAll("\n", "\\n");
    expect(await secrets(`{"key":"${escaped}"}`)).toEqual([`SECRET:${escaped}`]);
  });
});
