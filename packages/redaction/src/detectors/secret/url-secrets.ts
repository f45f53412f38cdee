import type { Detector } from "@keelson/core";
import { isRandom } from "./randomness.ts";

const USER_INFO = /:\/\/([^\s/?#@"'<>\\]{0,256})@(?=[\w[])/y;
const VARIABLE = /█|^(?:[$%<[(*]|\{\{|x+$|pass(?:word|wd)?$|secret$|token$|user(?:name)?$)|[>\])]$|\}\}$/i;

/** Finds the credentials inside a URL, `https://user:HERE@host`, and leaves the rest of the link. */
export const urlCredentials: Detector = {
  type: "SECRET",
  name: "url_credentials",
  triggers: ["://"],
  left: 16,
  right: 512,
  version: "1",
  verify({ text, start }) {
    USER_INFO.lastIndex = start;
    const info = USER_INFO.exec(text)?.[1];
    if (info === undefined) return undefined;
    const colon = info.indexOf(":");
    const secret = info.slice(colon + 1);
    // A user name alone is a secret only if it looks like a token.
    if (colon < 0 ? secret.length < 16 || !isRandom(secret) : secret.length < 2 || VARIABLE.test(secret)) {
      return undefined;
    }
    const from = start + 3 + colon + 1;
    return { start: from, end: from + secret.length, score: 0.96, reason: "userinfo" };
  },
};

const HOOK =
  /:\/\/(?:hooks\.slack\.com\/(?:services|workflows|triggers)\/|(?:[a-z]{2,8}\.)?discord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks\/|api\.telegram\.org\/bot|outlook\.office(?:365)?\.com\/webhook\/|[\w-]{1,64}\.webhook\.office\.com\/webhookb2\/)([\w/:@.-]{20,400})/iy;

/** Finds the part of a web hook's address that lets anybody post to it. */
export const webHook: Detector = {
  type: "SECRET",
  name: "web_hook",
  triggers: ["://"],
  left: 16,
  right: 512,
  version: "1",
  verify({ text, start }) {
    HOOK.lastIndex = start;
    const found = HOOK.exec(text);
    const secret = found?.[1]?.replace(/[.,:/]+$/, "");
    if (found === null || secret === undefined || !isRandom(secret)) return undefined;
    const from = start + found[0].length - (found[1]?.length ?? 0);
    return { start: from, end: from + secret.length, score: 0.95, reason: "hook" };
  },
};

const OPTION =
  /[ \t](?:-u|--user|--proxy-user)[ =]?["']?([^\s"':]{0,128})["']?:["']?((?:\\.|[^\s"'\\]){0,128})/;

/** Finds the password that a command line hands to `curl` or `wget`: `curl -u name:HERE`. */
export const commandLinePassword: Detector = {
  type: "SECRET",
  name: "command_line_password",
  triggers: [/curl /, /wget /],
  left: 1,
  right: 512,
  version: "1",
  verify({ text, start }) {
    const found = OPTION.exec(text.slice(start));
    if (found === null) return undefined;
    const [whole, user = "", password = ""] = found;
    if (VARIABLE.test(password) || VARIABLE.test(user) || password === user) return undefined;
    const end = start + found.index + whole.length;
    // Some services take the key as the user name and no password.
    if (password !== "") return { start: end - password.length, end, score: 0.85, reason: "option" };
    const from = start + found.index + whole.lastIndexOf(user);
    return isRandom(user)
      ? { start: from, end: from + user.length, score: 0.85, reason: "option" }
      : undefined;
  },
};
