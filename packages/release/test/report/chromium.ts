import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** Where a Chromium stands that tests may start; undefined on machines without one. */
export const chromiumPath: string | undefined = process.env.KEELSON_CHROMIUM;

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
};

/** A page in a headless Chromium, driven by the DevTools protocol. */
export interface Page {
  /** Calls a method of the protocol. */
  call<T>(method: string, params?: object): Promise<T>;
  /** Evaluates an expression in the page. */
  evaluate<T>(expression: string): Promise<T>;
  /** Events of a method that came in so far. */
  events(method: string): readonly unknown[];
  close(): Promise<void>;
}

/** Opens a page on some HTML, in a browser and a profile of its own. */
export async function openPage(executable: string, html: string): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), "keelson-chromium-"));
  const browser = spawn(
    executable,
    [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--no-first-run",
      "--remote-debugging-pipe",
      `--user-data-dir=${profile}`,
      "about:blank",
    ],
    // A group of its own, so that its helpers end with it.
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], detached: true },
  );
  const protocol = connect(browser);
  const { targetInfos } = await protocol.call<{ targetInfos: { targetId: string; type: string }[] }>(
    "Target.getTargets",
  );
  const target = targetInfos.find(({ type }) => type === "page");
  const { sessionId } = await protocol.call<{ sessionId: string }>("Target.attachToTarget", {
    targetId: target?.targetId,
    flatten: true,
  });
  const call: Page["call"] = (method, params) => protocol.call(method, params, sessionId);
  for (const domain of ["Page", "Runtime", "Log", "Network", "Accessibility"]) await call(`${domain}.enable`);
  const { frameTree } = await call<{ frameTree: { frame: { id: string } } }>("Page.getFrameTree");
  await call("Page.setDocumentContent", { frameId: frameTree.frame.id, html });
  return {
    call,
    async evaluate<T>(expression: string) {
      const { result, exceptionDetails } = await call<{ result: { value: T }; exceptionDetails?: unknown }>(
        "Runtime.evaluate",
        { expression, returnByValue: true },
      );
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
      return result.value;
    },
    events: protocol.events,
    async close() {
      const exited = new Promise((resolve) => browser.once("exit", resolve));
      process.kill(-(browser.pid as number), "SIGKILL");
      await exited;
      // Its helpers may take a moment longer.
      rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

interface Protocol {
  call<T>(method: string, params?: object, sessionId?: string): Promise<T>;
  events(method: string): readonly unknown[];
}

/** Speaks the protocol over the browser's pipes: JSON, each message ended by a zero byte. */
function connect(browser: ChildProcess): Protocol {
  const [output, input] = [browser.stdio[3] as Writable, browser.stdio[4] as Readable];
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const heard: Message[] = [];
  let next = 1;
  let rest = "";
  const take = (message: Message): void => {
    if (message.id === undefined) heard.push(message);
    else if (message.error) waiting.get(message.id)?.reject(new Error(message.error.message));
    else waiting.get(message.id)?.resolve(message.result);
  };
  input.setEncoding("utf8").on("data", (text: string) => {
    const messages = (rest + text).split("\0");
    rest = messages.pop() as string;
    for (const message of messages) take(JSON.parse(message) as Message);
  });
  const end = (error: Error): void => {
    for (const { reject } of waiting.values()) reject(error);
  };
  browser.once("error", end).once("exit", () => end(new Error("the browser has ended")));
  output.on("error", end);
  return {
    call<T>(method: string, params: object = {}, sessionId?: string) {
      return new Promise<T>((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        output.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
      });
    },
    events: (method) => heard.filter((message) => message.method === method).map(({ params }) => params),
  };
}
