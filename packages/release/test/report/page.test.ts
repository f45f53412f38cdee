import { describe, expect, it } from "vitest";
import { report } from "../../src/report.ts";
import { chromiumPath, openPage, type Page } from "./chromium.ts";
import { sampleRun } from "./sample-run.ts";

const TIMEOUT_MS = 60_000;

/** What the browser tells a screen reader. */
interface Node {
  readonly role: string;
  readonly name: string;
}

async function accessibleNodes(page: Page): Promise<Node[]> {
  type Value = { value?: string };
  const { nodes } = await page.call<{ nodes: { ignored: boolean; role?: Value; name?: Value }[] }>(
    "Accessibility.getFullAXTree",
  );
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ role, name }) => ({ role: role?.value ?? "", name: name?.value ?? "" }));
}

/** The texts of the page whose contrast with what is behind them is below 4.5:1, as the browser computes colours. */
const LOW_CONTRAST = `(() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => {
    const part = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "");
    if (!own || element.closest("title, desc")) continue;
    const style = getComputedStyle(element);
    const fore = luminance(parse(element instanceof SVGElement ? style.fill : style.color));
    const back = luminance(behind(element));
    const ratio = (Math.max(fore, back) + 0.05) / (Math.min(fore, back) + 0.05);
    if (!(ratio >= 4.5)) low.push(element.tagName + " " + element.textContent.slice(0, 30) + " " + ratio.toFixed(2));
  }
  return { low, texts: document.querySelectorAll("svg text").length };
})()`;

// Without a Chromium there is nothing to open it in. CI sets the variable.
const where = "report in a real Chromium, skipped unless KEELSON_CHROMIUM is the path of one";
describe.skipIf(chromiumPath === undefined)(where, () => {
  for (const kind of ["better", "worse"] as const) {
    it(
      `renders a ${kind} candidate without an error or a request, fits a telephone, and can be read by day and by night`,
      async () => {
        const page = await openPage(chromiumPath as string, report(await sampleRun(kind)));
        try {
          expect(await page.evaluate("document.compatMode")).toBe("CSS1Compat");
          expect(await page.evaluate("document.querySelectorAll('figure svg').length")).toBe(5);
          for (const scheme of ["light", "dark"]) {
            await page.call("Emulation.setEmulatedMedia", {
              features: [{ name: "prefers-color-scheme", value: scheme }],
            });
            const { low, texts } = await page.evaluate<{ low: string[]; texts: number }>(LOW_CONTRAST);
            expect(low).toEqual([]);
            expect(texts).toBeGreaterThan(50);
          }
          for (const width of [360, 1280]) {
            await page.call("Emulation.setDeviceMetricsOverride", {
              width,
              height: 800,
              deviceScaleFactor: 1,
              mobile: false,
            });
            const { scrollWidth, clientWidth } = await page.evaluate<{
              scrollWidth: number;
              clientWidth: number;
            }>(
              "({ scrollWidth: document.documentElement.scrollWidth, clientWidth: document.documentElement.clientWidth })",
            );
            expect(clientWidth).toBeGreaterThan(width - 20);
            expect(scrollWidth).toBe(clientWidth);
          }
          // No words of a drawing lie outside of it.
          const outside = await page.evaluate(`[...document.querySelectorAll("figure svg text")]
            .filter((text) => {
              const [box, frame] = [text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()];
              return box.left < frame.left - 1 || box.right > frame.right + 1 || box.bottom > frame.bottom + 1;
            })
            .map((text) => text.textContent)`);
          expect(outside).toEqual([]);
          const { data } = await page.call<{ data: string }>("Page.captureScreenshot", {
            captureBeyondViewport: true,
          });
          expect(Buffer.from(data, "base64").length).toBeGreaterThan(20_000);
          expect(page.events("Log.entryAdded")).toEqual([]);
          expect(page.events("Runtime.exceptionThrown")).toEqual([]);
          expect(page.events("Runtime.consoleAPICalled")).toEqual([]);
          expect(page.events("Network.requestWillBeSent")).toEqual([]);
        } finally {
          await page.close();
        }
      },
      TIMEOUT_MS,
    );
  }

  it(
    "tells a screen reader its landmarks, headings, drawings and tables by name",
    async () => {
      const page = await openPage(chromiumPath as string, report(await sampleRun("worse")));
      try {
        const nodes = await accessibleNodes(page);
        const named = (role: string): string[] =>
          nodes.filter((node) => node.role === role).map(({ name }) => name);
        expect(named("RootWebArea")).toEqual(["v2 against v1"]);
        expect(named("banner")).toHaveLength(1);
        expect(named("main")).toHaveLength(1);
        expect(named("contentinfo")).toHaveLength(1);
        expect(named("navigation")).toEqual(["Parts of this report"]);
        expect(named("heading")).toEqual(
          expect.arrayContaining(["v2 against v1", "Verdict", "Evidence", "Guards", "Ramp", "Audit log"]),
        );
        const drawings = [...named("image"), ...named("img")];
        expect(drawings.sort()).toEqual(
          [
            "Every case by its difference",
            "The cases it lost most on",
            "The difference as the cases came in",
            "The evidence for harm and for no harm",
            "The stages of the ramp",
          ].map((title) => expect.stringContaining(title)),
        );
        expect(named("table").length).toBeGreaterThanOrEqual(5);
        for (const role of ["table", "region", "figure", "link"]) expect(named(role)).not.toContain("");
        expect(await page.evaluate("document.documentElement.lang")).toBe("en");
      } finally {
        await page.close();
      }
    },
    TIMEOUT_MS,
  );

  it(
    "runs nothing and shows everything of ids that are markup",
    async () => {
      const run = await sampleRun("worse");
      const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
      const worst = run.canary?.evidence.worst.map((pair) => ({ ...pair, caseId: hostile }));
      const canary = run.canary && {
        ...run.canary,
        evidence: { ...run.canary.evidence, worst: worst ?? [] },
      };
      const page = await openPage(chromiumPath as string, report({ ...run, canary }, { title: hostile }));
      try {
        expect(await page.evaluate("document.title")).toBe(hostile);
        expect(await page.evaluate("document.querySelectorAll('img, script').length")).toBe(0);
        expect(await page.evaluate("document.querySelector('#evidence-of-canary bdi').textContent")).toBe(
          hostile,
        );
      } finally {
        await page.close();
      }
    },
    TIMEOUT_MS,
  );
});
